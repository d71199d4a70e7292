/** The picture and tone of the demo broadcast, and how FFmpeg is told to make them. */
import { spawn } from 'node:child_process';

const WIDTH = 1280;
const HEIGHT = 720;
const FRAME_RATE = 30;
const GOP_FRAMES = 2 * FRAME_RATE;
const SAMPLE_RATE = 48_000;
/** Dots of the wheel that turns once in four seconds. */
const WHEEL_DOTS = 10;
const WHEEL_RADIUS = 150;
/** Text that FFmpeg wrote about a failure; its end says why. */
const MAX_ERROR_LENGTH = 2048;

/** Where fixed-width bold letters are on the systems we know of. */
export const FONT_FILES: readonly string[] = [
  '/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf',
  '/usr/share/fonts/dejavu/DejaVuSansMono-Bold.ttf',
  '/usr/share/fonts/TTF/DejaVuSansMono-Bold.ttf',
  '/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono-Bold.ttf',
  '/usr/share/fonts/truetype/liberation/LiberationMono-Bold.ttf',
  '/usr/share/fonts/liberation-mono/LiberationMono-Bold.ttf',
  '/System/Library/Fonts/Supplemental/Courier New Bold.ttf',
];

/** What the encoder is to make. */
export interface DemoPicture {
  /** One of `FONT_FILES`; undefined: FFmpeg's own test picture, whose clock needs no font. */
  readonly font: string | undefined;
  /** RTMP address with a key that is void once used: other users can see the command line. */
  readonly address: string;
}

/** FFmpeg's arguments: 720p30 of 2.5 Mbit/s with a keyframe every two seconds, and stereo AAC. */
export function demoArguments({ font, address }: DemoPicture): readonly string[] {
  const picture = font === undefined ? testPicture() : wheelPicture(font);
  const input = (filter: string): string[] => ['-re', '-f', 'lavfi', '-i', filter];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error'],
    ...input(picture),
    ...input(tone()),
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...['-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '2500k'],
    ...['-g', `${GOP_FRAMES}`, '-keyint_min', `${GOP_FRAMES}`, '-sc_threshold', '0'],
    ...['-c:a', 'aac', '-b:a', '128k', '-ar', `${SAMPLE_RATE}`, '-ac', '2'],
    ...['-f', 'flv', '-flvflags', 'no_duration_filesize', '-flush_packets', '1', address],
  ];
}

function testPicture(): string {
  return `testsrc2=size=${WIDTH}x${HEIGHT}:rate=${FRAME_RATE}`;
}

/** A mill wheel, and the time at which each frame was made. */
function wheelPicture(font: string): string {
  const text = (options: string): string => `drawtext=fontfile='${font}':fontcolor=white${options}`;
  const filters = [
    // Colours drift slowly; blown up from a small picture, they cost a sixth of a large one.
    `gradients=size=64x36:rate=${FRAME_RATE}:nb_colors=3:c0=0x071a2b:c1=0x0d4560:c2=0x2a7f86` +
      ':x0=0:y0=0:x1=64:y1=36:speed=0.01:seed=7',
    `scale=${WIDTH}:${HEIGHT}:flags=bicubic`,
    'format=yuv420p',
    ...Array.from({ length: WHEEL_DOTS }, (_, index) => text(wheelDot(index))),
    text(":text='Millrace':fontsize=84:x=90:y=190"),
    text("@0.75:text='demo broadcast':fontsize=34:x=94:y=290"),
    text(`:text='${clockText()}':fontsize=72:box=1:boxcolor=black@0.45:boxborderw=18:x=94:y=400`),
    text("@0.75:text='frame %{n}':fontsize=30:x=94:y=520"),
  ];
  return filters.join(',');
}

/** The fresher a dot is dipped, the brighter it is. */
function wheelDot(index: number): string {
  const opacity = (0.25 + (0.75 * index) / (WHEEL_DOTS - 1)).toFixed(2);
  const angle = `PI*t/2+${((2 * Math.PI * index) / WHEEL_DOTS).toFixed(4)}`;
  const x = `1010+${WHEEL_RADIUS}*cos(${angle})-tw/2`;
  const y = `${HEIGHT / 2}+${WHEEL_RADIUS}*sin(${angle})-th/2`;
  return `@${opacity}:text='●':fontsize=30:x='${x}':y='${y}'`;
}

/** Time of day with milliseconds, without the `%N` that only newer versions know. */
function clockText(): string {
  const milliseconds = '%{eif\\:mod(floor(time(0)*1000),1000)\\:d\\:3}';
  return `%{localtime\\:%T}.${milliseconds}`;
}

/** A soft swelling chord, and a bell every second. */
function tone(): string {
  const swell = '(0.7+0.3*sin(PI*t/4))';
  const chord = `0.02*${swell}*(sin(2*PI*220*t)+sin(2*PI*277.18*t)+sin(2*PI*329.63*t))`;
  const bell = '0.1*sin(2*PI*880*t)*exp(-14*mod(t,1))';
  return `aevalsrc='${chord}+${bell}':sample_rate=${SAMPLE_RATE}:channel_layout=mono`;
}

/** How an encoder ended. */
export interface EncoderEnd {
  /** Whether the program is there and could be started at all. */
  readonly wasStarted: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  /** The last that it wrote about itself; may hold its address, so it must pass the redactor. */
  readonly lastWords: string;
}

/** An encoder that runs. */
export interface RunningEncoder {
  readonly ended: Promise<EncoderEnd>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Starts a program with these arguments. */
export type LaunchEncoder = (program: string, args: readonly string[]) => RunningEncoder;

/** What FFmpeg may know of our environment: where things are, and nothing secret. */
const PASSED_ON = ['PATH', 'HOME', 'TZ', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH', 'SYSTEMROOT'];

/** Starts FFmpeg as a child process: no shell, no input, no secrets in its environment. */
export const launchFfmpeg: LaunchEncoder = (program, args) => {
  const env = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
    // Apart from the terminal, whose Ctrl-C would end it before the server knows of the end.
    detached: true,
  });
  let lastWords = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-MAX_ERROR_LENGTH);
  });
  const ended = new Promise<EncoderEnd>((resolve) => {
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      resolve({ wasStarted: false, code: null, signal: null, lastWords: error.message });
    });
    child.once('close', (code, signal) => {
      resolve({ wasStarted: true, code, signal, lastWords: lastWords.trim() });
    });
  });
  return { ended, kill: (signal) => void child.kill(signal) };
};
