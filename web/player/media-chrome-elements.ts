import type { ComponentChildren, Ref } from 'preact';

/** The attributes the player sets on media-chrome elements. */
interface ControlAttributes {
  readonly children?: ComponentChildren;
  readonly ref?: Ref<HTMLElement>;
  readonly class?: string;
  readonly onMouseDown?: (event: MouseEvent) => void;
  readonly slot?: string;
  readonly defaultstreamtype?: 'live';
  readonly fullscreenelement?: string;
  readonly nohotkeys?: boolean;
  readonly noautohide?: boolean;
  readonly noautoseektolive?: boolean;
  readonly loadingdelay?: string;
}

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'media-controller': ControlAttributes;
      'media-control-bar': ControlAttributes;
      'media-play-button': ControlAttributes;
      'media-mute-button': ControlAttributes;
      'media-volume-range': ControlAttributes;
      'media-pip-button': ControlAttributes;
      'media-fullscreen-button': ControlAttributes;
      'media-loading-indicator': ControlAttributes;
    }
  }
}
