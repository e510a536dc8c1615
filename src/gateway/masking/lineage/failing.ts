import { isLong, type Lineage } from './lineage.ts';
import { decide, type Place, steer } from './place.ts';

/** Kinds of node that cannot fail, whatever they are given; any other may, and so tells something of what it is given. */
const totalNodes = new Set(['CollateClause', 'SortBy', 'ResTarget', 'String', 'Integer']);

/** Notes that a node of this type may fail, if it may; returns its lineage as given. */
export const failing = (lineage: Lineage, type: string, place: Place): Lineage => {
  if (!totalNodes.has(type)) fallible(lineage, place);
  return lineage;
};

/** Notes that something is computed which may fail: over a masked value that tells of it. */
export function fallible(lineage: Lineage, place: Place): void {
  place.findings.mayFail = true;
  steer(lineage, place);
}

/** Notes that the parts of an expression are computed one after the other, until its value is known. */
export const deciding = (lineage: Lineage, place: Place): Lineage => {
  decide(lineage, place);
  return lineage;
};

/** Arrays stand beside each other only where they have as many elements. */
export function besideOthers(lineage: Lineage, place: Place): Lineage {
  if (lineage.array === true) fallible(lineage, place);
  return lineage;
}

/** Text that gets too long for the server tells how long it is. */
export function within1GB(lineage: Lineage, place: Place): Lineage {
  if (isLong(lineage)) fallible(lineage, place);
  return lineage;
}
