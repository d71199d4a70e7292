/** @module Posters, and the thumbnails of a scrub bar: what came of an encoder, by broadcast, for viewers. */
export { ImageClock } from './image-clock.ts';
export { MAX_SHEET_BYTES, SheetMaker } from './sheet-maker.ts';
export { MAX_POSTER_BYTES, MAX_TILE_BYTES, StillIntake } from './still-intake.ts';
export {
  type MakeSheet,
  MOST_SHELF_BYTES,
  MOST_TILES,
  SHEET_COLUMNS,
  SHEET_ROWS,
  type ShelfItem,
  ThumbnailShelf,
  type ThumbnailShelfSettings,
} from './thumbnail-shelf.ts';
export { ThumbnailShelves, type ThumbnailShelvesSettings } from './thumbnail-shelves.ts';
