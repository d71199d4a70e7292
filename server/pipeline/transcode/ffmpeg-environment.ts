const PASSED_ON =
  /^(PATH|HOME|TZ|LANG|LC_ALL|LD_LIBRARY_PATH|SYSTEMROOT|(LIBVA|CUDA|NVIDIA|MFX|ONEVPL)_.*)$/;

/** What FFmpeg may know of our environment: where things and devices are, and nothing secret. */
export function ffmpegEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(own).filter(([name]) => PASSED_ON.test(name)));
}
