/** How often what came is taken in while nobody looks at the page. Milliseconds. */
const HIDDEN_MS = 1_000;

/** Runs a task with the next drawing, or soon where nothing is drawn; gives what cancels it. */
export function beforeDrawing(task: () => void): () => void {
  // A page that is hidden, or is hidden meanwhile, draws nothing.
  const timer = setTimeout(task, HIDDEN_MS);
  const frame = document.hidden ? null : requestAnimationFrame(task);
  return () => {
    clearTimeout(timer);
    if (frame !== null) cancelAnimationFrame(frame);
  };
}
