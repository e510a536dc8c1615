import type { Replay } from '../../contract/index.ts';

/** The replay as an asciicast v2 file (docs.asciinema.org/manual/asciicast/v2): a header line, then `[seconds, "o"|"m", text]`. */
export function asciicast(replay: Replay, rows = 30): string {
  const { summary } = replay;
  const header = {
    version: 2,
    width: replay.columns,
    height: rows,
    timestamp: Math.floor(summary.startedAt / 1000),
    duration: replay.durationMs / 1000,
    title: `Postern session ${summary.id}: ${summary.agent} on ${summary.connection}`,
  };
  const events = [
    ...replay.frames.map(({ at, data }) => ({ at, line: [at / 1000, 'o', data] })),
    ...replay.markers.map(({ at, label }) => ({ at, line: [at / 1000, 'm', label] })),
  ].sort((one, other) => one.at - other.at);
  return `${[header, ...events.map(({ line }) => line)].map((line) => JSON.stringify(line)).join('\n')}\n`;
}
