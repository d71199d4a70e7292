/** Parts of the forms that people fill in. */
import type { ComponentChildren, VNode } from 'preact';
import { useId, useState } from 'preact/hooks';

/** One line that a person types. */
export function Field(field: {
  readonly label: string;
  readonly name: string;
  readonly type?: 'text' | 'password' | 'date';
  /** What a password manager is told. */
  readonly autoComplete: string;
  readonly hint?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly isOptional?: boolean;
}): VNode {
  const { label, name, type = 'text', autoComplete, hint, isOptional, ...limits } = field;
  const id = useId();
  // All three take the same attributes; the types want to see one of them.
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
        autoCapitalize="none"
        spellcheck={false}
        required={isOptional !== true}
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

/** A secret that is shown once, with a button that copies it. */
export function Once({ label, text }: { readonly label: string; readonly text: string }): VNode {
  const [copied, setCopied] = useState(false);
  // Without HTTPS a browser has no clipboard to write to; the text can still be selected.
  const canCopy = navigator.clipboard !== undefined;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <div class="once" role="status">
      <p>{label} It is shown only now.</p>
      <code>{text}</code>
      {canCopy ? (
        <button class="button quiet-button" type="button" onClick={() => void copy()}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      ) : null}
    </div>
  );
}

/** What was typed into the field. */
export function typed(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}
