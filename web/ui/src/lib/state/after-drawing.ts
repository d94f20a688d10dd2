/** Does something once what is on the page now has been drawn. What it gives back takes it back, with what `act` gave to that end. */
export function afterDrawing(act: () => (() => void) | undefined): () => void {
  let later: ReturnType<typeof setTimeout> | undefined;
  let undo: (() => void) | undefined;
  const frame = requestAnimationFrame(() => (later = setTimeout(() => (undo = act()))));
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(later);
    undo?.();
  };
}
