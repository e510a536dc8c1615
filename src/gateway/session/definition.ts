/**
 * What a name stands for: the text that made it, judged anew at every use against the catalog of that moment.
 * `parse`: the text of a Parse; `prepare`, `declare`: the whole PREPARE or DECLARE statement.
 */
export interface Definition {
  readonly via: 'parse' | 'prepare' | 'declare';
  readonly text: Buffer;
  readonly parameterTypes: readonly number[];
  /** Why nobody can tell what the server read in the text when it took it; the settings of a later use do not matter. */
  readonly unreadable?: string;
}
