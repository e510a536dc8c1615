import {
  type DetectorName,
  detectorWords,
  type Finding,
  type PersonalKind,
  personalKind,
} from '../../../contract/index.ts';
import type { CatalogColumn, CatalogRelation } from '../../sql/catalog.ts';
import { detectors } from '../detectors/index.ts';
import { tagsOf } from '../tags.ts';
import { nameClue, type TypeGroup } from './name-clues.ts';
import type { ColumnSample, Evidence } from './types.ts';

/** What a column's type can hold, by format_type's text. Types of users count as text: most are domains over it. */
export function typeGroup(type: string): TypeGroup {
  if (/^(?:text|character|citext|"?name"?|json|xml)/.test(type)) return 'text';
  if (/^(?:bigint|integer|smallint|numeric|double|real|money)/.test(type)) return 'number';
  if (/^(?:date|timestamp)/.test(type)) return 'date';
  if (/^(?:inet|cidr)/.test(type)) return 'address';
  if (type === 'bytea') return 'binary';
  if (
    /^(?:boolean|uuid|time|interval|bit|point|box|path|polygon|line|circle|macaddr|oid|ts|int|num|date|reg|pg_)/.test(
      type,
    )
  )
    return 'other';
  return 'text';
}

/** What name, type and comment of a column say. */
export function catalogEvidence(relation: CatalogRelation, { name, type, comment }: CatalogColumn): Evidence[] {
  const group = typeGroup(type);
  const byName = nameClue(relation.name, name, group);
  const isOwnType = !/^(?:text|character|bigint|integer|smallint|numeric|timestamp|date|boolean|uuid|json|bytea)/.test(
    type,
  );
  const byType =
    isOwnType && group === 'text' ? nameClue('', type.replace(/^.*\./, '').replaceAll('"', ''), 'text') : null;
  return [
    ...(byName === null ? [] : [{ ...byName, from: 'name', text: `it is called ${name}` } as const]),
    ...(byType === null ? [] : [{ ...byType, from: 'type', text: `its type is ${type}` } as const]),
    ...(group === 'address'
      ? [{ kind: 'ip_address', confidence: 'medium', from: 'type', text: `its type is ${type}` } as const]
      : []),
    ...tagsOf(comment).map(
      (tag) =>
        ({ kind: kindOfTag(tag), confidence: 'high', from: 'comment', text: `its comment is tagged ${tag}` }) as const,
    ),
  ];
}

const kindOfTag = (tag: string): PersonalKind => {
  const parsed = personalKind.safeParse(tag.replaceAll('-', '_'));
  return parsed.success ? parsed.data : tag === 'card' ? 'payment_card' : 'personal';
};

/** Values that begin with a given name, of which a column of names has at least this part. */
const nameShare = 0.4;

/** What a few of a column's values look like. */
export function sampleEvidence(sample: ColumnSample, group: TypeGroup): Evidence[] {
  const { recognised, looked, givenNames } = sample;
  const found = Object.keys(detectors).flatMap((name): Evidence[] => {
    const detector = detectors[name as DetectorName];
    const values = recognised[detector.name] ?? 0;
    const confidence = confidenceOf(detector.name, values, looked, group);
    if (confidence === null) return [];
    const text = `${detectorWords[detector.name]} in ${values} of ${looked} sampled values`;
    return [{ kind: detector.kind, confidence, from: 'sample', text }];
  });
  if (group !== 'text' || looked < 5 || givenNames < looked * nameShare) return found;
  const text = `${givenNames} of ${looked} sampled values begin with a given name`;
  return [...found, { kind: 'person_name', confidence: 'medium', from: 'sample', text }];
}

/** What was recognised in answers to agents. */
export function findingEvidence({ detector, kind, values, looked }: Finding, group: TypeGroup): Evidence[] {
  const confidence = confidenceOf(detector, values, looked, group);
  const text = `${detectorWords[detector]} recognised ${values === 1 ? 'once' : `${values} times`} in answers to agents`;
  return confidence === null ? [] : [{ kind, confidence, from: 'finding', text }];
}

/** A column of such values is surer than a text with one in it; a column of numbers needs most of them. */
function confidenceOf(
  detector: DetectorName,
  values: number,
  looked: number,
  group: TypeGroup,
): Evidence['confidence'] | null {
  if (values === 0) return null;
  const most = values * 2 >= looked;
  if (group === 'number' && (!most || values < 3)) return null;
  if (most) return detectors[detector].confidence === 'low' ? 'medium' : detectors[detector].confidence;
  return values >= 3 || values * 20 >= looked ? 'medium' : 'low';
}
