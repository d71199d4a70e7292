import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { ChatSettings } from '../../contract/index.ts';
import type { ChatSession } from './chat-session.ts';

/** What may be chosen, as the command says it, and how it is shown. */
const SLOW: readonly (readonly [number, string])[] = [
  [0, 'Off'],
  [3, '3 s'],
  [10, '10 s'],
  [30, '30 s'],
  [60, '1 min'],
  [300, '5 min'],
];
const FOLLOWERS: readonly (readonly [number | null, string])[] = [
  [null, 'Everybody'],
  [0, 'Followers'],
  [10, 'Followers for 10 min'],
  [60, 'Followers for 1 h'],
  [1_440, 'Followers for a day'],
];

/** How the room is set, for who moderates it: each change is a command, so that roles decide. */
export function ModeratorOptions({ session }: { readonly session: ChatSession }): VNode | null {
  const settings = session.room.settings.value;
  if (settings === null || !session.room.isModerator.value) return null;
  const { slowModeS, followersOnlyMinutes: minutes } = settings;
  const give = (command: string): void => session.post(`/${command}`, null);
  return (
    <fieldset>
      <legend>Who may write</legend>
      <label class="chat-choice">
        <input
          type="checkbox"
          checked={settings.shield}
          onChange={({ currentTarget }) => void session.room.shield(currentTarget.checked)}
        />
        <span>
          Shield mode
          <small>Everything at its strictest, and back as it was</small>
        </span>
      </label>
      <Choice
        label="Slow mode"
        options={SLOW}
        value={slowModeS}
        onChoose={(seconds) => give(`slow ${seconds}`)}
      />
      <Choice
        label="Who"
        options={FOLLOWERS}
        value={minutes}
        onChoose={(chosen) => give(chosen === null ? 'followersoff' : `followers ${chosen}`)}
      />
      <Mode
        settings={settings}
        give={give}
        name="guests"
        mode="guestsMayPost"
        label="Guests, without an account"
      />
      <Mode
        settings={settings}
        give={give}
        name="subscribers"
        mode="subscribersOnly"
        label="Subscribers only"
      />
      <Mode settings={settings} give={give} name="emoteonly" mode="emoteOnly" label="Emotes only" />
      <Mode
        settings={settings}
        give={give}
        name="uniquechat"
        mode="uniqueChat"
        label="No repeats"
      />
    </fieldset>
  );
}

function Choice<Value extends number | null>({
  label,
  options,
  value,
  onChoose,
}: {
  readonly label: string;
  readonly options: readonly (readonly [Value, string])[];
  readonly value: Value;
  readonly onChoose: (value: Value) => void;
}): VNode {
  const id = useId();
  const isListed = options.some(([one]) => one === value);
  return (
    <div class="chat-select">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={String(value)}
        onChange={({ currentTarget }) => {
          const chosen = options.find(([one]) => String(one) === currentTarget.value);
          if (chosen !== undefined) onChoose(chosen[0]);
        }}
      >
        {isListed ? null : <option value={String(value)}>{String(value)}</option>}
        {options.map(([one, words]) => (
          <option key={words} value={String(one)}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

function Mode({
  settings,
  give,
  name,
  mode,
  label,
}: {
  readonly settings: ChatSettings;
  readonly give: (command: string) => void;
  /** Of the command. */
  readonly name: string;
  readonly mode: 'guestsMayPost' | 'subscribersOnly' | 'emoteOnly' | 'uniqueChat';
  readonly label: string;
}): VNode {
  return (
    <label class="chat-choice">
      <input
        type="checkbox"
        checked={settings[mode]}
        onChange={({ currentTarget }) => give(`${name} ${currentTarget.checked ? 'on' : 'off'}`)}
      />
      <span>{label}</span>
    </label>
  );
}
