import type { RequestId } from './request-id.js';
import type { REQUEST } from './state.js';

/**
 * Contains resolvers, to hand over all of them at once. A resolver contains itself.
 *
 * @example
 * ```ts
 * import { type AnyResolver, newRequest, type ResolverContainer, spawn, Worker } from '@x/workgraph';
 *
 * const main = new Worker();
 * const requests = [newRequest<number>(main), newRequest<number>(main)];
 * const all: ResolverContainer = { containedResolvers: (): AnyResolver[] => requests.map(({ resolver }) => resolver) };
 * spawn((worker) => requests.forEach(({ resolver }, index) => resolver.resolve(worker, index)), {}, all);
 * console.log(await Promise.all(requests.map(({ promise }) => promise.await(main))));
 * // Output:
 * // [ 0, 1 ]
 * ```
 *
 * Source: go-workgraph ResolverContainer
 */
export interface ResolverContainer {
  /** Gives the resolvers, each once. */
  containedResolvers(): Iterable<AnyResolver>;
}

/**
 * Is a `Resolver` of any type.
 *
 * @example
 * ```ts
 * import { type AnyResolver, newRequest, Worker } from '@x/workgraph';
 *
 * const main = new Worker();
 * const size = newRequest<number>(main, { name: 'size' });
 * const text = newRequest<string>(main, { name: 'text' });
 * const all: AnyResolver[] = [size.resolver, text.resolver];
 * const reader = new Worker({ name: 'reader' }, ...all);
 * console.log(`${reader.name}: ${all.map(({ requestId }) => requestId).join(', ')}`);
 * // Output:
 * // reader: size, text
 * ```
 *
 * Source: go-workgraph AnyResolver
 */
export interface AnyResolver extends ResolverContainer {
  /** Is the id of the request that it resolves. */
  readonly requestId: RequestId;
  /** @internal */
  readonly [REQUEST]: object;
}
