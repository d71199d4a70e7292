/** @module Posters, and the thumbnails of a scrub bar: what came of an encoder, by broadcast, for viewers. */
export { SheetMaker } from './sheet-maker.ts';
export { MAX_POSTER_BYTES, MAX_TILE_BYTES, StillIntake } from './still-intake.ts';
export { MOST_SHELF_BYTES, MOST_TILES, ThumbnailShelf } from './thumbnail-shelf.ts';
export { ThumbnailShelves, type ThumbnailShelvesSettings } from './thumbnail-shelves.ts';
