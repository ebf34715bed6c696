export { serverActor, type ServerActorOptions } from './server-actor.js';
export { signalActor, type SignalActorOptions } from './signal-actor.js';
export { streamActor, type StreamActorOptions } from './stream-actor.js';
