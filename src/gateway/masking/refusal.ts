import type { UnmaskableCopy } from './copy-out/copy-format.ts';
import type { CopyOut } from './copy-out/copy-out.ts';
import type { Findings } from './lineage/place.ts';
import type { Column } from './lineage/range.ts';
import type { MaskedCatalog, MaskedRelation } from './masked-catalog.ts';
import type { TreeNode } from './tree.ts';

/** Why a statement must not run on a connection with mask rules, in words for the agent. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** One statement as the refusals look at it. */
export interface RefusalInput {
  readonly tag: string;
  readonly node: TreeNode;
  readonly catalog: MaskedCatalog;
  /** The columns of what it sends or makes; null where they are not known. */
  readonly columns: readonly Column[] | null;
  readonly findings: Findings;
  /** The relations with masked columns that it names. */
  readonly relations: readonly MaskedRelation[];
  /** It calls functions that may read or tell more than their arguments. */
  readonly called: boolean;
  /** A COPY TO that sends what has to be masked; null for any other statement. */
  readonly copyOut: CopyOut | UnmaskableCopy | null;
}
