/* Preloaded, it makes an input take the same edges each time: the seeds of hash maps and of whatever else
   asks the kernel for random bytes are the same in each process. For the fuzz targets alone. */
#include <stddef.h>
#include <sys/types.h>

ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
  static unsigned long long state = 1;
  (void)flags;
  for (size_t at = 0; at < length; at++) {
    /* Knuth's MMIX generator: its upper bits are the good ones. */
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    ((unsigned char *)buffer)[at] = (unsigned char)(state >> 56);
  }
  return (ssize_t)length;
}
