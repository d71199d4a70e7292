import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

/** A button for what cannot be taken back: it asks once more before it does it. */
export function ConfirmButton({
  label,
  spoken,
  question,
  confirmation,
  refusal = 'Keep',
  act,
}: {
  readonly label: string;
  /** What who cannot see where it stands is told instead. */
  readonly spoken?: string;
  /** What will become of what. */
  readonly question: string;
  /** On the button that does it. */
  readonly confirmation: string;
  /** On the button that leaves all as it is. */
  readonly refusal?: string;
  readonly act: () => Promise<void>;
}): VNode {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  if (!asking) {
    return (
      <button
        class="button quiet-button danger"
        type="button"
        aria-label={spoken}
        onClick={() => setAsking(true)}
      >
        {label}
      </button>
    );
  }
  const confirm = async (): Promise<void> => {
    setBusy(true);
    await act();
    setBusy(false);
    setAsking(false);
  };
  return (
    <span class="confirm">
      <span>{question}</span>
      <button
        class="button danger-button"
        type="button"
        disabled={busy}
        ref={focused}
        onClick={() => void confirm()}
      >
        {confirmation}
      </button>
      <button class="button quiet-button" type="button" onClick={() => setAsking(false)}>
        {refusal}
      </button>
    </span>
  );
}

/** The button that asked is gone: who uses a keyboard goes on from the question. */
function focused(button: HTMLButtonElement | null): void {
  button?.focus();
}
