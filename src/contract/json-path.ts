/** One step of a path into a JSON value. With neither `name` nor `index` it is any member or element. */
export interface JsonPathStep {
  /** The step may be any number of levels further down (`..`). */
  readonly deep: boolean;
  /** Member of an object. A step with a name passes through arrays, as PostgreSQL's lax mode does. */
  readonly name: string | null;
  /** Element of an array, from 0. `{0}` may be either and has both. */
  readonly index: number | null;
}

/**
 * Steps of a path as people write it: PostgreSQL's text array (`{items,*,email}`, as `#>` takes it, `*` being any) or the
 * plain part of SQL/JSON paths and RFC 9535 (`$.kyc.passport`, `$.items[*].email`, `$['odd name'][0]`, `$..email`). Null
 * when it is neither, has no step, or uses filters, ranges or negative indexes.
 */
export function parseJsonPath(path: string): readonly JsonPathStep[] | null {
  const steps = path.startsWith('{') ? arraySteps(path) : path.startsWith('$') ? dollarSteps(path) : null;
  return steps === null || steps.length === 0 ? null : steps;
}

const any = (deep: boolean): JsonPathStep => ({ deep, name: null, index: null });

function arraySteps(path: string): JsonPathStep[] | null {
  if (!path.endsWith('}')) return null;
  return stepsOf(
    path.slice(1, -1),
    /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}\\][^",{}\\]*?))\s*(,(?=.)|$)\s*/gsuy,
    (match) => {
      const [, quoted, bare] = match;
      if (quoted !== undefined) return { deep: false, name: quoted.replace(/\\(.)/gsu, '$1'), index: null };
      if (bare === '*') return any(false);
      return { deep: false, name: bare ?? '', index: /^\d{1,9}$/.test(bare ?? '') ? Number(bare) : null };
    },
  );
}

function dollarSteps(path: string): JsonPathStep[] | null {
  const step =
    /(?:(\.\.?)(?:(\*)|([\p{L}\p{N}_$-]+)|"((?:[^"\\]|\\.)*)")|(\.\.)?\[\s*(?:(\*)|(\d{1,9})|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\])/gsuy;
  return stepsOf(path.slice(1), step, (match) => {
    const [, dots, star, bare, quoted, bracketDots, bracketStar, index, single, double] = match;
    const deep = (dots ?? bracketDots) === '..';
    if (star !== undefined || bracketStar !== undefined) return any(deep);
    if (index !== undefined) return { deep, name: null, index: Number(index) };
    const escaped = quoted ?? single ?? double;
    return { deep, name: escaped === undefined ? (bare ?? '') : escaped.replace(/\\(.)/gsu, '$1'), index: null };
  });
}

/** The steps that a sticky expression finds one behind the other; null when something is left over. */
function stepsOf(
  text: string,
  expression: RegExp,
  stepOf: (match: RegExpExecArray) => JsonPathStep,
): JsonPathStep[] | null {
  const steps: JsonPathStep[] = [];
  let end = 0;
  while (end < text.length) {
    expression.lastIndex = end;
    const match = expression.exec(text);
    if (match === null || match[0] === '') return null;
    steps.push(stepOf(match));
    end = expression.lastIndex;
  }
  return steps;
}
