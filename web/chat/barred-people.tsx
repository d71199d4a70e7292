import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiSchemas } from '../../contract/index.ts';
import { ask } from '../base/index.ts';
import type { ChatSession } from './chat-session.ts';
import { secondsText } from './words.ts';

type Ban = ApiSchemas['ChatBan'];

/** Who may not write now, so that moderators can let them again: what they wrote is no longer there to be pressed. */
export function BarredPeople({ session }: { readonly session: ChatSession }): VNode | null {
  const [bans, setBans] = useState<readonly Ban[]>([]);
  const { streamId } = session;
  useEffect(() => {
    void ask('GET /api/streams/{id}/chat/bans', { params: { id: streamId } }).then((answer) => {
      if (answer.failed === undefined) setBans(answer.value.bans);
    });
  }, [streamId]);
  if (bans.length === 0) return null;
  const lift = async ({ authorId }: Ban): Promise<void> => {
    const params = { id: streamId, authorId };
    const answer = await ask('DELETE /api/streams/{id}/chat/bans/{authorId}', { params });
    if (answer.failed !== undefined) session.say(answer.failed);
    else setBans((all) => all.filter((ban) => ban.authorId !== authorId));
  };
  return (
    <fieldset>
      <legend>May not write</legend>
      <ul class="chat-barred">
        {bans.map((ban) => (
          <li key={ban.authorId}>
            <span>
              {ban.authorName}
              <small>{wordsOf(ban)}</small>
            </span>
            <button
              type="button"
              aria-label={`Let ${ban.authorName} write again`}
              onClick={() => void lift(ban)}
            >
              Lift
            </button>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function wordsOf({ expiresAt, reason }: Ban): string {
  const leftMs = expiresAt === null ? null : Math.max(0, Date.parse(expiresAt) - Date.now());
  const long = leftMs === null ? 'Banned' : `Timed out, ${secondsText(leftMs)} left`;
  return reason === '' ? long : `${long}: ${reason}`;
}
