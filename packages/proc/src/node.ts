export { main, type MainOptions } from './main.js';
export { requestSignal } from './request-signal.js';
export { serve, type Server, type ServeOptions } from './serve.js';
export type { TraceDestination } from './trace-destination.js';
export { trace, type TraceWriter } from './trace.js';
