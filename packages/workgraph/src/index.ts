export { SelfDependencyError, UnresolvedError, WorkgraphUsageError } from './errors.js';
export { Once, onceFunc } from './once.js';
export { OnceMap, type OnceMapOptions } from './once-map.js';
export { newRequest, RequestPromise, type AwaitOptions, type RequestOptions } from './request.js';
export { noRequest, RequestId } from './request-id.js';
export { Resolver, type AnyResolver, type ResolverContainer } from './resolver.js';
export { captureSites } from './sites.js';
export { spawn } from './spawn.js';
export { Worker, type WorkerOptions } from './worker.js';
