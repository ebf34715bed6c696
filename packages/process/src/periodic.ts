export { onSignal, onSignalGo, ticker, tickerGo } from './source.js';
export { every, everyGo, tick, tickGo } from './interval.js';
