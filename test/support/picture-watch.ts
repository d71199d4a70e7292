/**
 * Runs inside a watched page: notes each picture that is shown, when, and what the strip along its
 * top looks like. Only the notes leave the page; what they mean is for the bench to say.
 */

/** One look at the screen. */
export interface Look {
  /** Epoch milliseconds at which the picture is on screen. */
  readonly atMs: number;
  /** Brightness (0 to 255) of the middle of each cell of the strip. */
  readonly levels: readonly number[];
  readonly playbackRate: number;
  /** Lines of the picture, which tell the quality. */
  readonly height: number;
}

/** What a page showed. */
export interface PictureNotes {
  readonly looks: Look[];
  /** Since navigation; null before the first picture. Milliseconds. */
  firstPictureMs: number | null;
  /** Times playback ran dry after the first picture, and how long for in all. */
  rebuffers: number;
  stalledMs: number;
  /** Jumps of the playhead after the first picture. */
  seeks: number;
  /** The longest time between two pictures after the first second. */
  longestFreezeMs: number;
  pictures: number;
  droppedPictures: number;
}

/** Where the strip is and how often to look. */
export interface StripView {
  readonly cells: number;
  readonly heightShare: number;
  readonly everyMs: number;
}

/** The little of the browser that is used here; the bench itself is written for Node. */
interface Video {
  readonly nodeName: string;
  readonly seeking: boolean;
  readonly ended: boolean;
  readonly videoWidth: number;
  readonly videoHeight: number;
  readonly playbackRate: number;
  requestVideoFrameCallback(run: (nowMs: number, frame: Frame) => void): number;
  getVideoPlaybackQuality(): { readonly droppedVideoFrames: number };
  addEventListener(type: string, run: () => void): void;
}
interface Frame {
  readonly expectedDisplayTime: number;
  readonly presentedFrames: number;
}
type Area = readonly [x: number, y: number, width: number, height: number];
interface Drawing {
  drawImage(video: Video, ...areas: readonly [...from: Area, ...to: Area]): void;
  getImageData(...area: Area): { readonly data: Uint8ClampedArray };
}
declare const document: {
  addEventListener(type: string, run: (event: { target: Video }) => void, capture: true): void;
};
declare const firstPictureShown: (atMs: number) => void;
declare class OffscreenCanvas {
  constructor(width: number, height: number);
  getContext(kind: '2d', options: { readonly willReadFrequently: true }): Drawing;
}

/** The function that is to be exposed to the page: it is told when the first picture is seen. */
export const FIRST_PICTURE = 'firstPictureShown';

/**
 * To be added to a page before its own scripts. Stands alone: the browser gets this function's
 * text and nothing of the file around it.
 */
export function watchPictures({ cells, heightShare, everyMs }: StripView): void {
  const CELL_PX = 8;
  const notes: PictureNotes = {
    looks: [],
    firstPictureMs: null,
    rebuffers: 0,
    stalledMs: 0,
    seeks: 0,
    longestFreezeMs: 0,
    pictures: 0,
    droppedPictures: 0,
  };
  const canvas = new OffscreenCanvas(cells * CELL_PX, CELL_PX);
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  const watched = new Set<Video>();
  let dryAtMs: number | undefined;
  let shownAtMs = 0;
  let lookedAtMs = 0;

  const levelsOf = (video: Video): number[] => {
    const height = video.videoHeight * heightShare;
    drawing.drawImage(video, 0, 0, video.videoWidth, height, 0, 0, cells * CELL_PX, CELL_PX);
    const { data } = drawing.getImageData(0, CELL_PX / 2, cells * CELL_PX, 1);
    const middle = (cell: number): number => (cell * CELL_PX + CELL_PX / 2) * 4 + 1;
    return Array.from({ length: cells }, (_, cell) => data[middle(cell)] ?? 0);
  };
  const onFrame = (video: Video, frame: Frame): void => {
    // When this runs the picture is composed; it is on screen at the next refresh.
    const pageMs = Math.max(performance.now(), frame.expectedDisplayTime);
    const atMs = performance.timeOrigin + pageMs;
    if (notes.firstPictureMs === null) {
      notes.firstPictureMs = pageMs;
      firstPictureShown(atMs);
    }
    if (pageMs - notes.firstPictureMs > 1_000) {
      notes.longestFreezeMs = Math.max(notes.longestFreezeMs, atMs - shownAtMs);
    }
    shownAtMs = atMs;
    notes.pictures += 1;
    notes.droppedPictures = video.getVideoPlaybackQuality().droppedVideoFrames;
    if (atMs - lookedAtMs >= everyMs) {
      lookedAtMs = atMs;
      const { playbackRate, videoHeight: height } = video;
      notes.looks.push({ atMs, levels: levelsOf(video), playbackRate, height });
    }
    video.requestVideoFrameCallback((_nowMs, next) => onFrame(video, next));
  };
  const watch = (video: Video): void => {
    if (video.nodeName !== 'VIDEO' || watched.has(video)) return;
    watched.add(video);
    video.requestVideoFrameCallback((_nowMs, frame) => onFrame(video, frame));
    video.addEventListener('seeking', () => {
      if (notes.firstPictureMs !== null) notes.seeks += 1;
    });
    video.addEventListener('waiting', () => {
      if (notes.firstPictureMs === null || video.seeking || video.ended) return;
      notes.rebuffers += 1;
      dryAtMs = performance.now();
    });
    video.addEventListener('playing', () => {
      if (dryAtMs !== undefined) notes.stalledMs += performance.now() - dryAtMs;
      dryAtMs = undefined;
    });
  };
  for (const type of ['loadstart', 'loadedmetadata']) {
    document.addEventListener(type, ({ target }) => watch(target), true);
  }
  Object.assign(globalThis, { pictureNotes: notes });
}
