/** @module The chat panel of the watch page: reads, writes, moderates, and stays in step with the picture. */
export { ChatPanel } from './chat-panel.tsx';
