import type { FieldDescription } from '../wire/fields.ts';
import { MessageReader } from '../wire/message-reader.ts';
import type { Portal } from './owed.ts';

/** Open portals of a session beyond which a Bind of another named one is refused, and characters of their texts together. */
export const portalLimit = { portals: 10_000, text: 256 * 1024 * 1024 } as const;
/** Prepared statements whose columns are remembered; beyond it the oldest are described in journals by count and format only. */
const describedLimit = 1000;

/** The portals that Bind made and the server knows, and what was described of prepared statements. */
export class Portals {
  readonly #portals = new Map<string, Portal>();
  /** Columns of prepared statements that the client had described; used for the journal only, never for masking. */
  readonly #statementFields = new Map<string, readonly FieldDescription[]>();

  #text = 0;

  get(name: string): Portal | undefined {
    return this.#portals.get(name);
  }

  /** No other named portal may be made. */
  get full(): boolean {
    return this.#portals.size >= portalLimit.portals || this.#text >= portalLimit.text;
  }

  /** Bind made it; the unnamed portal that it may have replaced is over. */
  set(name: string, portal: Portal): void {
    this.end(name);
    this.#text += portal.judged.text.length;
    this.#portals.set(name, portal);
  }

  /** The portal is closed; a statement that was bound and never executed was skipped. */
  end(name: string): void {
    const portal = this.#portals.get(name);
    this.#portals.delete(name);
    this.#text -= portal?.judged.text.length ?? 0;
    portal?.running.finish(portal.running.started ? 'ok' : 'skipped');
  }

  /** All of them are closed, as at the end of a transaction. */
  endAll(): void {
    for (const name of [...this.#portals.keys()]) this.end(name);
  }

  /** The session is over. */
  abandon(): void {
    for (const portal of this.#portals.values()) portal.running.finish('skipped');
    this.#portals.clear();
  }

  statementFields(name: string): readonly FieldDescription[] | null {
    return this.#statementFields.get(name) ?? null;
  }

  describedStatement(name: string, fields: readonly FieldDescription[]): void {
    this.#statementFields.delete(name);
    this.#statementFields.set(name, fields);
    const [oldest] = this.#statementFields.keys();
    if (this.#statementFields.size > describedLimit && oldest !== undefined) this.#statementFields.delete(oldest);
  }

  forgetStatement(name: string): void {
    this.#statementFields.delete(name);
  }
}

/**
 * Tells the journal what a portal's rows are, as well as it is known; without any Describe only count and format are.
 * `firstRow` is its first DataRow, or the head of it.
 */
export function describePortal(portal: Portal, firstRow: Buffer): void {
  if (portal.running.mayMask) {
    if (portal.fields !== null) portal.running.describe(portal.fields, portal.plan);
    return;
  }
  const formats = portal.resultFormats;
  const format = (index: number): 0 | 1 => ((formats.length === 1 ? formats[0] : formats[index]) === 1 ? 1 : 0);
  const known =
    portal.fields ??
    Array.from({ length: new MessageReader(firstRow).uint16() }, (_, index) => ({
      ...unknownField,
      name: `column ${index + 1}`,
    }));
  portal.running.describe(
    known.map((field, index) => ({ ...field, format: format(index) })),
    null,
  );
}

const unknownField = {
  tableOid: 0,
  attributeNumber: 0,
  typeOid: 0,
  typeSize: -1,
  typeModifier: -1,
  format: 0,
} as const;
