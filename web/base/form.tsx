/** Parts of the forms that people fill in. */
import type { ComponentChildren, VNode } from 'preact';
import { useId, useState } from 'preact/hooks';

/** One line that a person types. */
export function Field(field: {
  readonly label: string;
  readonly name: string;
  readonly type?: 'text' | 'password' | 'date' | 'datetime-local';
  /** What a password manager is told. */
  readonly autoComplete: string;
  readonly hint?: string;
  /** What stands in it at first. */
  readonly defaultValue?: string;
  /** It holds words of a language, not a name or a secret. */
  readonly isProse?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** The first day that may be chosen. */
  readonly min?: string;
  readonly pattern?: string;
  /** What is said of text that does not fit the pattern. */
  readonly mismatch?: string;
  readonly isOptional?: boolean;
}): VNode {
  const { label, name, type = 'text', autoComplete, hint, isProse, ...rest } = field;
  const { isOptional, mismatch = '', ...limits } = rest;
  const id = useId();
  // All of them take the same attributes; the types want to see one of them.
  const kind = { type } as { readonly type: 'text' };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...limits}
        id={id}
        name={name}
        {...kind}
        autoComplete={autoComplete}
        autoCapitalize={isProse ? 'sentences' : 'none'}
        spellcheck={isProse === true}
        required={isOptional !== true}
        onInvalid={({ currentTarget: input }) => {
          if (input.validity.patternMismatch) input.setCustomValidity(mismatch);
        }}
        onInput={({ currentTarget: input }) => input.setCustomValidity('')}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/**
 * A form that asks the server itself: one request at a time, and beneath the fields why it failed.
 * `send` resolves with the words of a failure, or with undefined.
 */
export function Form({
  action,
  send,
  children,
}: {
  /** On the button. */
  readonly action: string;
  readonly send: (fields: FormData) => Promise<string | undefined>;
  readonly children: ComponentChildren;
}): VNode {
  const [failed, setFailed] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setFailed(undefined);
    const words = await send(new FormData(form));
    setBusy(false);
    setFailed(words);
    if (words === undefined) form.reset();
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      {children}
      <p class="failure" role="alert">
        {failed}
      </p>
      <button class="button" type="submit" disabled={busy}>
        {action}
      </button>
    </form>
  );
}

/** Several lines that a person types; may be left empty. */
export function Area({
  label,
  name,
  defaultValue,
  maxLength,
}: {
  readonly label: string;
  readonly name: string;
  readonly defaultValue?: string;
  readonly maxLength: number;
}): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea id={id} name={name} rows={3} maxLength={maxLength} defaultValue={defaultValue} />
    </div>
  );
}

/** Copies `text`; nothing where the browser has no clipboard to write to, as without HTTPS. */
export function CopyButton({
  label,
  text,
}: {
  /** What it copies, for who cannot see what stands beside it. */
  readonly label: string;
  readonly text: string;
}): VNode | null {
  const [copied, setCopied] = useState<string>();
  if (navigator.clipboard === undefined) return null;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(text);
  };
  return (
    <button
      class="button quiet-button"
      type="button"
      aria-label={`Copy ${label}`}
      onClick={() => void copy()}
    >
      {copied === text ? 'Copied' : 'Copy'}
    </button>
  );
}

/** A secret that is shown once, with a button that copies it. */
export function Once({ label, text }: { readonly label: string; readonly text: string }): VNode {
  return (
    <div class="once" role="status">
      <p>{label} It is shown only now.</p>
      <code>{text}</code>
      <CopyButton label="it" text={text} />
    </div>
  );
}

/** What was typed into the field. */
export function typed(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}
