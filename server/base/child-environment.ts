const PASSED_ON =
  /^(PATH|HOME|TZ|LANG|LC_ALL|LD_LIBRARY_PATH|SYSTEMROOT|(LIBVA|CUDA|NVIDIA|MFX|ONEVPL)_.*)$/;

/**
 * What of our own environment a program that we start may know: where things and devices are, and
 * nothing secret.
 */
export function childEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(own).filter(([name]) => PASSED_ON.test(name)));
}
