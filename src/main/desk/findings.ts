import type { Emit, Handlers } from '../../contract/index.ts';
import { suggestMasks } from '../../gateway/masking/suggestions/suggest.ts';
import type { SampledColumns } from '../../gateway/sampling/sample-columns.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type FindingCalls = 'findings.list' | 'findings.dismiss' | 'suggestions.list';

/** What the second net found, and the mask rules that catalog, sampled values and findings suggest. */
export function findingHandlers(ports: DeskPorts, editor: SettingsEditor, emit: Emit): Pick<Handlers, FindingCalls> {
  const { gateway } = ports;
  const { findings } = gateway;
  /** Rows are read once for each connection and start of the desk, and again when asked. Only counts are kept. */
  const sampled = new Map<string, Promise<SampledColumns>>();

  const sample = (connection: string, again: boolean): Promise<SampledColumns> => {
    const known = again ? undefined : sampled.get(connection);
    if (known !== undefined) return known;
    const reading = gateway.sampleColumns(connection);
    sampled.set(connection, reading);
    reading.catch(() => sampled.delete(connection));
    return reading;
  };

  return {
    'findings.list': async ({ connection }) => {
      editor.connection(connection);
      return [...findings.of(connection)];
    },

    'findings.dismiss': async (dismissal) => {
      const { connection } = dismissal;
      editor.connection(connection);
      gateway.dismissFindings(dismissal, ports.operator);
      emit('findings.changed', { connection });
      return {};
    },

    'suggestions.list': ({ connection, again }) =>
      withDeskErrors(async () => {
        const { maskRules: rules } = editor.connection(connection);
        const { samples, ...read } = await sample(connection, again);
        const suggestions = suggestMasks({
          rules,
          samples,
          catalog: await gateway.catalog(connection),
          findings: findings.of(connection),
          isDismissed: (place, kind) => findings.isDismissed(connection, place, kind),
        });
        return { suggestions, ...read, dismissed: findings.dismissals(connection) };
      }),
  };
}

/** Least time between two events about the findings of one connection, in milliseconds. */
const gatherMs = 3000;

/** Tells desks of changed findings, each connection at most every three seconds. Returns what stops it. */
export function followFindings({ findings }: DeskPorts['gateway'], emit: Emit): () => void {
  const waiting = new Map<string, NodeJS.Timeout>();
  const stop = findings.onChange((connection) => {
    if (waiting.has(connection)) return;
    const tell = (): void => {
      waiting.delete(connection);
      emit('findings.changed', { connection });
    };
    waiting.set(connection, setTimeout(tell, gatherMs));
  });
  return () => {
    stop();
    for (const timer of waiting.values()) clearTimeout(timer);
    waiting.clear();
  };
}
