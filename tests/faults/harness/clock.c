/* Other clocks for one program, by LD_PRELOAD: the wall clock and the boot clock are off by the two numbers
   of seconds in the file that STSD_FAULTS_CLOCKS names, which may change at any time. The monotonic clock, by which tokio's timers
   go, stays as it is: so a machine that was suspended looks to its programs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offsets;

void read_clocks(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    void *there = file < 0 ? MAP_FAILED : mmap(0, 16, PROT_READ, MAP_SHARED, file, 0);
    if (there != MAP_FAILED) offsets = there;
    if (file >= 0) close(file);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("STSD_FAULTS_CLOCKS");
    if (path) read_clocks(path);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && offsets) {
        if (clock == CLOCK_REALTIME) now->tv_sec += offsets[0];
        if (clock == CLOCK_BOOTTIME) now->tv_sec += offsets[1];
    }
    return failed;
}
