/** Says what was thrown, whatever it is, without failing over it. */
export function messageOf(error: unknown): string {
  try {
    return String((error as Partial<Error> | null | undefined)?.message || error);
  } catch {
    return 'an object';
  }
}

/**
 * Reports that two or more parts of a process have failed: the process throws it.
 *
 * `errors` has the thrown values, as they are, in the order in which they happened. The list is flat: a `MultiError` among them is spread. Its
 * members stay together, in their order, and count as having happened when the process that threw it ended. The message contains those of the members.
 * `instanceof` and `code` recognise it across two copies of this package.
 *
 * @example
 * ```ts
 * import { MultiError } from '@x/proc';
 *
 * const inner = new MultiError([new Error('a'), new Error('b')]);
 * const error = new MultiError([inner, new Error('c')]);
 * console.log(error.errors.length, error.message);
 * // Output:
 * // 3 3 errors:
 * // - a
 * // - b
 * // - c
 * ```
 *
 * Source: go-proc MultiError
 */
export class MultiError extends AggregateError {
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code = 'ERR_MULTI';

  constructor(errors: Iterable<unknown>) {
    const flat = flatten(errors);
    super(flat, `${flat.length} errors:${flat.map((error) => `\n- ${messageOf(error)}`).join('')}`);
  }
}

/**
 * Reports which task has failed: a `task` throws it when its process fails. Its `cause` is the value that the process threw.
 *
 * `instanceof` and `code` recognise it across two copies of this package.
 *
 * @example
 * ```ts
 * import { TaskError } from '@x/proc';
 *
 * const error = new TaskError('import', new Error('no such file'));
 * console.log(error.message, error.taskType, error.code);
 * // Output:
 * // import: no such file import ERR_TASK
 * ```
 *
 * Source: go-proc TaskError
 */
export class TaskError extends Error {
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code = 'ERR_TASK';
  /** The type of the task, as it was passed to `task`. */
  declare readonly taskType: string;
  /** The value that the process threw, as it is. */
  declare readonly cause: unknown;

  constructor(taskType: string, cause: unknown) {
    super(`${taskType}: ${messageOf(cause)}`, { cause });
    this.taskType = taskType;
  }
}

/** Gives a class of errors its name, and an `instanceof` that recognises the instances of all copies of this package. */
function brand(type: new (...args: never) => Error, name: string): void {
  const key = Symbol.for('@x/proc/' + name);
  Object.assign(type.prototype as object, { name, [key]: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: typeof type, value: Partial<Record<symbol, boolean>> | null | undefined): boolean {
      // A subclass, which inherits this, asks for its own instances, as any class does.
      return this === type ? !!value?.[key] : (this.prototype as object).isPrototypeOf(value as object);
    },
  });
}

brand(MultiError, 'MultiError');
brand(TaskError, 'TaskError');

/** The members of what is a MultiError, and the rest as it is, also what throws when it is looked at. */
export function flatten(errors: Iterable<unknown>): unknown[] {
  return [...errors].flatMap((error) => {
    try {
      return error instanceof MultiError ? (error.errors as unknown[]) : [error];
    } catch {
      return [error];
    }
  });
}
