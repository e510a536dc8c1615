import type { Replay } from '../../../contract/index.ts';

export type Frames = Replay['frames'];
export type Marker = Replay['markers'][number];

/** Longest pause (milliseconds) that is played when idle time is skipped. */
export const idleCapMs = 1000;

/** Playing speeds, as factors. */
export const speeds = [0.5, 1, 2, 4, 8] as const;
export type Speed = (typeof speeds)[number];

/** How many frames lie at or before a moment: the frames `[0, n)` make the picture of that moment. */
export function framesUntil(frames: Frames, at: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What to write to show a moment from a cleared terminal, in one piece. */
export function pictureAt(frames: Frames, at: number): string {
  return frames
    .slice(0, framesUntil(frames, at))
    .map((frame) => frame.data)
    .join('');
}

/**
 * Where the player is after `elapsedMs` of wall time at a speed. With `skipIdle` a pause between two frames longer than
 * the cap is shown for the cap's length: the time shown then runs faster through it and stays true at every frame.
 */
export function advance(
  frames: Frames,
  durationMs: number,
  from: number,
  elapsedMs: number,
  speed: number,
  skipIdle: boolean,
): number {
  let at = from;
  let left = elapsedMs * speed;
  if (!skipIdle) return Math.min(durationMs, at + left);
  while (left > 0 && at < durationMs) {
    const index = framesUntil(frames, at);
    const before = frames[index - 1]?.at ?? 0;
    const next = frames[index]?.at ?? durationMs;
    const pause = next - before;
    const pace = pause > idleCapMs ? pause / idleCapMs : 1;
    const reach = (next - at) / pace;
    if (reach > left) return Math.min(durationMs, at + left * pace);
    at = next;
    left -= reach;
  }
  return Math.min(durationMs, at);
}

/** The marker in force at a moment: the last at or before it; null before the first. */
export function markerAt(markers: readonly Marker[], at: number): Marker | null {
  return markers.findLast((marker) => marker.at <= at) ?? null;
}

/** The first marker after a moment, or null. */
export function nextMarker(markers: readonly Marker[], at: number): Marker | null {
  return markers.find((marker) => marker.at > at + 1) ?? null;
}

/** The marker to go back to: the one before the one in force, or the one in force when it began over a second ago. */
export function previousMarker(markers: readonly Marker[], at: number): Marker | null {
  return (
    markers.findLast((marker) => marker.at < at - 1000) ?? markers.findLast((marker) => marker.at < at - 1) ?? null
  );
}

// ECMA-48 control sequences (CSI … final byte), OSC strings, and two-character escapes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this takes out
const escapes = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;

/** The replay as plain text for readers who do not see a terminal. */
export function transcript(frames: Frames): string {
  return frames
    .map((frame) => frame.data)
    .join('')
    .replace(escapes, '')
    .replace(/\r\n?/g, '\n');
}

/** The replay as an asciicast v2 recording (https://docs.asciinema.org/manual/asciicast/v2/). */
export function asciicast(replay: Replay, rows: number): string {
  const { summary, columns, frames, markers } = replay;
  const head = {
    version: 2,
    width: columns,
    height: rows,
    timestamp: Math.floor(summary.startedAt / 1000),
    title: `${summary.agent} on ${summary.connection}`,
  };
  const events = [
    ...frames.map((frame) => ({ at: frame.at, line: JSON.stringify([frame.at / 1000, 'o', frame.data]) })),
    ...markers.map((marker) => ({ at: marker.at, line: JSON.stringify([marker.at / 1000, 'm', marker.label]) })),
  ].sort((a, b) => a.at - b.at);
  return `${[JSON.stringify(head), ...events.map((event) => event.line)].join('\n')}\n`;
}
