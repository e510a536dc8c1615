import type { CatalogType } from '../../sql/catalog.ts';
import { builtinElement, builtinFamily } from './builtin-types.ts';
import type { ColumnType } from './column-type.ts';
import type { TypeFamily } from './type-family.ts';

const text: TypeFamily = { family: 'text' };
const unknown: TypeFamily = { family: 'unknown' };

/**
 * The family of a type that is no domain (`baseType`). Types of users and extensions are looked up in the catalog; of a
 * type that it does not know the name (format_type's text) says whether it is an array or citext, and nothing else.
 */
export function familyOf(type: ColumnType): TypeFamily {
  const known = builtinFamily(type.typeOid);
  if (known !== undefined) return known;
  const element = builtinElement(type.typeOid);
  if (element !== undefined) return { family: 'array', element };
  const found = type.types?.get(type.typeOid);
  if (found !== undefined) return catalogFamily(found);
  if (type.typeOid < 16384 || type.typeName === null) return unknown;
  if (type.typeName.endsWith('[]')) return { family: 'array', element: null };
  return /^(?:.*\.)?citext$/.test(type.typeName) ? text : unknown;
}

function catalogFamily(type: CatalogType): TypeFamily {
  switch (type.kind) {
    case 'array':
      return { family: 'array', element: type.element };
    case 'enum':
      return { family: 'enum', labels: type.labels };
    case 'composite':
      return { family: 'composite', attributes: type.attributes };
    case 'range':
      return { family: 'constant', text: 'empty', binary: Buffer.of(1) };
    case 'multirange':
      return { family: 'constant', text: '{}', binary: Buffer.alloc(4) };
    case 'base':
      return extensionFamily(type.name);
    // Unwrapped by whoever asks; a domain that is still one here has no end.
    case 'domain':
      return unknown;
  }
}

/** Types of PostgreSQL's own extensions that have a neutral value: only a superuser makes base types, so a name will do. */
function extensionFamily(name: string): TypeFamily {
  switch (name) {
    case 'citext':
      return text;
    case 'hstore':
      return { family: 'constant', text: '', binary: Buffer.alloc(4) };
    // A version byte (1) and the text.
    case 'ltree':
      return { family: 'constant', text: '', binary: Buffer.of(1) };
    default:
      return unknown;
  }
}
