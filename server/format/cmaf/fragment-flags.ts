/** Flags of what states the samples of a fragment (ISO/IEC 14496-12, 8.8.7 and 8.8.8). */

/** base-data-offset-present. */
export const TFHD_BASE_DATA_OFFSET = 0x00_0001;
/** sample-description-index-present. */
export const TFHD_SAMPLE_DESCRIPTION = 0x00_0002;
/** default-sample-duration-present. */
export const TFHD_DEFAULT_DURATION = 0x00_0008;
/** default-sample-size-present. */
export const TFHD_DEFAULT_SIZE = 0x00_0010;
/** default-sample-flags-present. */
export const TFHD_DEFAULT_FLAGS = 0x00_0020;
/** default-base-is-moof. */
export const TFHD_DEFAULT_BASE_IS_MOOF = 0x02_0000;

/** data-offset-present. */
export const TRUN_DATA_OFFSET = 0x00_0001;
/** first-sample-flags-present. */
export const TRUN_FIRST_SAMPLE_FLAGS = 0x00_0004;
/** sample-duration-present. */
export const TRUN_DURATION = 0x00_0100;
/** sample-size-present. */
export const TRUN_SIZE = 0x00_0200;
/** sample-flags-present. */
export const TRUN_FLAGS = 0x00_0400;
/** sample-composition-time-offsets-present. */
export const TRUN_COMPOSITION_OFFSET = 0x00_0800;
