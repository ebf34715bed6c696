export { abortActor } from './abort-actor.js';
export { type Actor } from './actor.js';
export { GraceExceededError } from './errors.js';
export { Group } from './group.js';
export { type GroupEvent, type GroupOptions } from './options.js';
