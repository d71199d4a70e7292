import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { ChatSettings } from '../../contract/index.ts';
import type { ChatSession } from './chat-session.ts';
import { audienceText, slowText } from './words.ts';

/** What may be chosen: seconds, and minutes. A command may set others. */
const SLOW = [0, 3, 10, 30, 60, 300];
const FOLLOWERS = [null, 0, 10, 60, 1_440];

/** How the room is set, for who moderates it: each change is a command, so that roles decide. */
export function ModeratorOptions({ session }: { readonly session: ChatSession }): VNode | null {
  const settings = session.room.settings.value;
  if (settings === null || !session.room.isModerator.value) return null;
  const { slowModeS, followersOnlyMinutes: minutes } = settings;
  const give = (command: string): void => session.give(`/${command}`);
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
        textOf={slowText}
        value={slowModeS}
        onChoose={(seconds) => give(`slow ${seconds}`)}
      />
      <Choice
        label="Who"
        options={FOLLOWERS}
        textOf={audienceText}
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
  textOf,
  value,
  onChoose,
}: {
  readonly label: string;
  readonly options: readonly Value[];
  readonly textOf: (value: Value) => string;
  readonly value: Value;
  readonly onChoose: (value: Value) => void;
}): VNode {
  const id = useId();
  const listed = options.includes(value) ? options : [value, ...options];
  return (
    <div class="chat-select">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={String(value)}
        onChange={({ currentTarget }) => {
          const chosen = listed.find((one) => String(one) === currentTarget.value);
          if (chosen !== undefined && chosen !== value) onChoose(chosen);
        }}
      >
        {listed.map((one) => (
          <option key={String(one)} value={String(one)}>
            {textOf(one)}
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
