/** @module The studio: where broadcasters make their streams, get their keys and end their shows. */
export { StudioPage } from './studio-page.tsx';
