/** @module What every page uses: the API, who looks at the page, the frame, forms. */
export { api, PATIENCE_MS } from './api.ts';
export { browserWords } from './browser-words.ts';
export { ConfirmButton } from './confirm-button.tsx';
export { Area, CopyButton, Field, Form, Once, typed } from './form.tsx';
export { Frame } from './frame.tsx';
export { countdownText, dayOf, endOfDay, momentOf, today } from './moment.ts';
export { pathAfterSignIn, signInAddress } from './sign-in.ts';
export { sinceText } from './since-text.ts';
export { type Answer, ask, me, meet } from './visitor.ts';
