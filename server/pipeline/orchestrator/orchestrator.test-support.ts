/** An orchestrator on a journal in memory, for tests. */
import { type Log, ManualClock, silentLog } from '../../base/index.ts';
import { writeMediaPlaylist } from '../../format/hls/index.ts';
import type { Registered } from '../../live/index.ts';
import { type Journal, MemoryJournal } from '../../store/journal/index.ts';
import type { StreamDefaults } from './orchestrated-stream.ts';
import { Orchestrator } from './orchestrator.ts';

/** One at work. */
export interface Fixture {
  readonly clock: ManualClock;
  readonly orchestrator: Orchestrator;
  readonly records: Uint8Array[];
}

/** One that has recovered from `records`, which it adds to. */
export async function make(
  records: Uint8Array[] = [],
  more: {
    journal?: Journal;
    log?: Log;
    evicted?: (id: string) => void;
    defaults?: StreamDefaults;
  } = {},
): Promise<Fixture> {
  const clock = new ManualClock();
  const orchestrator = new Orchestrator({
    clock,
    log: silentLog,
    journal: new MemoryJournal(records),
    defaults: { windowSize: 6 },
    ...more,
  });
  await orchestrator.recover();
  return { clock, orchestrator, records };
}

/** A segment of 2 s. */
export const segment = (sequence: number, more: object = {}) => ({
  sequence,
  duration: 2,
  path: `/s/${sequence}.ts`,
  ...more,
});

/** A part of half a second. */
export const part = (sequence: number, index: number, duration = 0.5) => ({
  sequence,
  part: index,
  duration,
  path: `/s/${sequence}.${index}.m4s`,
  independent: index === 0,
});

/** All playlists and views, as anybody can see them. */
export function stateOf(orchestrator: Orchestrator): unknown {
  const playlists: Record<string, string> = {};
  const views = [...orchestrator.views()];
  for (const { id } of views) {
    for (const { name, timeline } of orchestrator.presentation(id)?.renditions.values() ?? []) {
      playlists[`${id}/${name}`] = writeMediaPlaylist(timeline.playlist([]));
    }
  }
  return { playlists, views: views.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** The code of a refusal, or the status of what was registered. */
export function codeOf(answer: object): unknown {
  return 'refused' in answer ? answer.refused : (answer as Registered).status;
}
