import { useCallback, useEffect, useRef, useState } from 'react';
import type { Replay } from '../../../contract/index.ts';
import { advance, framesUntil, pictureAt, type Speed } from './timeline.ts';
import type { ReplayTerminal } from './use-terminal.ts';

export interface Player {
  /** Milliseconds from the start of the session. */
  readonly at: number;
  readonly playing: boolean;
  readonly speed: Speed;
  readonly skipIdle: boolean;
  toggle(): void;
  seek(at: number): void;
  setSpeed(speed: Speed): void;
  setSkipIdle(skip: boolean): void;
}

/** Plays a replay into a terminal. Going on writes only what is new; going back clears and writes all up to there at once. */
export function usePlayer(replay: Replay, terminal: ReplayTerminal | null, startAt: number): Player {
  const { frames, durationMs } = replay;
  const [at, setAt] = useState(Math.min(startAt, durationMs));
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(1);
  const [skipIdle, setSkipIdle] = useState(true);
  const now = useRef(at);
  const written = useRef(0);

  const goTo = useCallback(
    (to: number) => {
      now.current = Math.max(0, Math.min(durationMs, to));
      setAt(now.current);
      if (!terminal) return;
      const wanted = framesUntil(frames, now.current);
      if (wanted < written.current) terminal.show(pictureAt(frames, now.current));
      else {
        const data = frames.slice(written.current, wanted).map((frame) => frame.data);
        if (data.length > 0) terminal.write(data.join(''));
      }
      written.current = wanted;
    },
    [terminal, frames, durationMs],
  );

  useEffect(() => {
    if (!terminal) return;
    terminal.show(pictureAt(frames, now.current));
    written.current = framesUntil(frames, now.current);
  }, [terminal, frames]);

  useEffect(() => {
    if (!playing) return;
    let last = performance.now();
    let request = requestAnimationFrame(function step(time) {
      goTo(advance(frames, durationMs, now.current, Math.max(0, time - last), speed, skipIdle));
      last = time;
      if (now.current >= durationMs) setPlaying(false);
      else request = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(request);
  }, [playing, speed, skipIdle, frames, durationMs, goTo]);

  return {
    at,
    playing,
    speed,
    skipIdle,
    toggle() {
      if (!playing && now.current >= durationMs) goTo(0);
      setPlaying(!playing);
    },
    seek: goTo,
    setSpeed,
    setSkipIdle,
  };
}
