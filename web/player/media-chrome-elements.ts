import type { ComponentChildren } from 'preact';

/** The attributes the player sets on media-chrome elements. */
interface ControlAttributes {
  readonly children?: ComponentChildren;
  readonly class?: string;
  readonly slot?: string;
  readonly defaultstreamtype?: 'live';
  readonly fullscreenelement?: string;
  readonly hotkeys?: string;
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
