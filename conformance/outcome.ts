/** What one suite gave at one place. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /**
   * What must be the same both ways, by the test's name: what a failed test printed, or what a driver's step gave,
   * without what differs from run to run.
   */
  readonly findings: ReadonlyMap<string, string>;
  readonly seconds: number;
}

/** The suite did not come to its end, or nothing ran in it. */
export class SuiteBroken extends Error {}

/** Takes from a text what differs between two runs of the same thing: ports, process ids, OIDs, times. */
export function normalise(text: string, port: number): string {
  return text
    .replaceAll(String(port), 'PORT')
    .replace(/\b\d+(\.\d+)? ?(ms|s|seconds)\b/g, 'TIME')
    .replace(/\b(pid|process|PID|backend|Process)([ =:]+)\d+/g, '$1$2PID')
    .replace(/\b(OID|relation|database|transaction|xid|type) \d+/gi, '$1 N')
    .replace(/(tps|latency_ms)=[\d.]+/g, '$1=N')
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?/g, 'MOMENT')
    .replace(/[ \t]+$/gm, '');
}

/**
 * Reads what a script of the kit printed: its SUITE= line, and the lines of what failed. `detail` gives what a failed
 * test left beside its name (a diff), '' when there is nothing. Throws SuiteBroken.
 */
export function readOutcome(output: string, port: number, detail: (test: string) => string): Outcome {
  const summary = output.match(/^SUITE=.*\bPASS=(\d+) FAIL=(\d+).*\bSECONDS=([\d.]+)/m);
  const ran = Number(summary?.[1] ?? 0) + Number(summary?.[2] ?? 0);
  if (summary === null || ran === 0)
    throw new SuiteBroken(output.trim().split('\n').slice(-12).join('\n') || 'it printed nothing');
  const findings = new Map<string, string>();
  for (const line of output.split('\n')) {
    const name = failedTest(line);
    if (name !== null) findings.set(normalise(name, port), normalise(`${withoutSpaces(line)}\n${detail(name)}`, port));
  }
  return { passed: Number(summary[1]), failed: Number(summary[2]), findings, seconds: Number(summary[3]) };
}

/** The name in a line that says that a test failed, in any of the kit's forms; null for another line. */
export function failedTest(line: string): string | null {
  const forms = [
    /^\s*(?:test )?\s*(\S+)\s+\.\.\. FAILED/, // pg_regress until 15
    /^\s*not ok \d+\s+[-+]\s+(\S+)/, // pg_regress from 16
    /^\s*FAILED ([^:(]+)/, // the kit's own scripts
    /^FAIL ([^:]+)/, // the drivers
  ];
  for (const form of forms) {
    const name = form.exec(line)?.[1]?.trim();
    if (name !== undefined) return name;
  }
  return null;
}

const withoutSpaces = (line: string): string =>
  line
    .replace(/\s+/g, ' ')
    .replace(/not ok \d+/, 'not ok')
    .trim();

/** What differs between the server itself and the gate in front of it, in words; empty when nothing does. */
export function differences(direct: Outcome, through: Outcome): string[] {
  const said: string[] = [];
  if (direct.passed !== through.passed)
    said.push(`${direct.passed} passed directly, ${through.passed} through Postern`);
  for (const [test, text] of through.findings) {
    const straight = direct.findings.get(test);
    if (straight === undefined) said.push(`${test}: only through Postern: ${shown(text)}`);
    else if (straight !== text)
      said.push(`${test}: not the same: ${shown(text)} through Postern, ${shown(straight)} directly`);
  }
  for (const [test, text] of direct.findings) {
    if (!through.findings.has(test)) said.push(`${test}: only directly: ${shown(text)}`);
  }
  return said;
}

/** Long enough to see what it is; all of it is in the suite's own output. */
const shown = (text: string): string => `"${text.length > 300 ? `${text.slice(0, 300)}…` : text}"`;
