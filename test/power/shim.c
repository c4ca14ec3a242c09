/*
 * Preloaded into the switch: records what it does to the files below SHIM_DIR, and what it sends
 * to sockets, in one order, in the file SHIM_LOG. It can also let the n-th operation fail.
 * A write is recorded together with its effect, a sync when it begins and when it has ended, and a
 * send before it leaves: an order that never claims too little was promised or too much was safe.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, CLOSE, SEND, UNSENT, FAILED };
#define FDS 4096
#define REAL(name) ((__typeof__(&name))real(#name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char tracked[FDS];
static ino_t inodes[FDS];
static const char *folder;
static size_t folder_length;
static int log_fd = -1;
static uint64_t sync_number;
static long operations, fail_at;
static int fail_errno, fail_on, fail_silent;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  folder = getenv("SHIM_DIR");
  const char *file = getenv("SHIM_LOG");
  if (folder == NULL || file == NULL) return;
  folder_length = strlen(folder);
  log_fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (getenv("SHIM_FAIL_AT")) fail_at = atol(getenv("SHIM_FAIL_AT"));
  if (getenv("SHIM_FAIL_ON")) fail_on = 1;
  fail_silent = getenv("SHIM_FILES_ONLY") != NULL;
  fail_errno = getenv("SHIM_EIO") ? EIO : ENOSPC;
}

static void record(int op, int fd, uint64_t at, const void *data, size_t size) {
  struct { uint32_t op; uint32_t fd; uint64_t at; uint64_t size; } head = {op, fd, at, size};
  struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, size}};
  if (log_fd >= 0) syscall(SYS_writev, log_fd, parts, 2);
}

static const char *below(const char *path) {
  if (log_fd < 0 || path == NULL || strncmp(path, folder, folder_length) != 0) return NULL;
  if (path[folder_length] == 0) return "";
  return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

/* Node closes some of its files by a bare system call, so a number may be another file's by now. */
static int is_tracked(int fd) {
  struct stat facts;
  if (fd < 0 || fd >= FDS || !tracked[fd]) return 0;
  if (fstat(fd, &facts) == 0 && facts.st_ino == inodes[fd]) return 1;
  tracked[fd] = 0;
  return 0;
}

/* Called under the lock. */
static int fails(int fd, char kind) {
  if (tracked[fd] == 2) return 0;
  long n = ++operations;
  if (fail_at == 0 || n < fail_at || (n > fail_at && !fail_on)) return 0;
  record(FAILED, fd, n, &kind, 1);
  errno = fail_errno;
  return 1;
}

static int opened(int fd, const char *path, int flags) {
  const char *name = below(path);
  if (fd >= 0 && fd < FDS) {
    /* The index of the log is memory that happens to have a name. */
    tracked[fd] = name == NULL ? 0 : 1 + (strstr(name, "-shm") != NULL);
    struct stat facts;
    if (name != NULL && fstat(fd, &facts) == 0) inodes[fd] = facts.st_ino;
    if (name != NULL) record(OPEN, fd, flags, name, strlen(name));
  }
  return fd;
}


int open(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t); va_end(rest);
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
  if (below(path) == NULL) {
    int fd = next(path, flags, mode);
    if (fd >= 0 && fd < FDS) tracked[fd] = 0;
    return fd;
  }
  pthread_mutex_lock(&lock);
  int fd = opened(next(path, flags, mode), path, flags);
  pthread_mutex_unlock(&lock);
  return fd;
}

int open64(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t); va_end(rest);
  return open(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t); va_end(rest);
  pthread_mutex_lock(&lock);
  int fd = opened(((int (*)(int, const char *, int, ...))real("openat"))(at, path, flags, mode), path, flags);
  pthread_mutex_unlock(&lock);
  return fd;
}

int close(int fd) {
  if (!is_tracked(fd)) return REAL(close)(fd);
  pthread_mutex_lock(&lock);
  record(CLOSE, fd, 0, NULL, 0);
  tracked[fd] = 0;
  int result = REAL(close)(fd);
  pthread_mutex_unlock(&lock);
  return result;
}

static ssize_t written(int fd, const void *data, size_t size, off_t at, int seeks) {
  pthread_mutex_lock(&lock);
  if (fails(fd, 'w')) { pthread_mutex_unlock(&lock); return -1; }
  if (seeks) at = lseek(fd, 0, SEEK_CUR);
  ssize_t done = seeks ? REAL(write)(fd, data, size) : REAL(pwrite64)(fd, data, size, at);
  if (done > 0) record(WRITE, fd, at, data, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) {
  if (!is_tracked(fd)) return REAL(pwrite64)(fd, data, size, at);
  return written(fd, data, size, at, 0);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

/* What goes to a socket; the ports tell whose it is. */
static int announced(int fd, const struct iovec *parts, int count) {
  struct stat facts;
  if (log_fd < 0 || fail_silent || fstat(fd, &facts) != 0 || !S_ISSOCK(facts.st_mode)) return 0;
  struct sockaddr_in here, there;
  socklen_t a = sizeof here, b = sizeof there;
  memset(&here, 0, sizeof here); memset(&there, 0, sizeof there);
  if (getsockname(fd, (struct sockaddr *)&here, &a) || getpeername(fd, (struct sockaddr *)&there, &b)) return 0;
  if (here.sin_family != AF_INET) return 0;
  size_t size = 0;
  for (int i = 0; i < count; i++) size += parts[i].iov_len;
  char *all = malloc(size), *to = all;
  for (int i = 0; i < count; i++) { memcpy(to, parts[i].iov_base, parts[i].iov_len); to += parts[i].iov_len; }
  pthread_mutex_lock(&lock);
  record(SEND, fd, ((uint64_t)ntohs(here.sin_port) << 16) | ntohs(there.sin_port), all, size);
  pthread_mutex_unlock(&lock);
  free(all);
  return 1;
}

static ssize_t left(int fd, size_t size, ssize_t done) {
  int kept = errno;
  size_t unsent = size - (done > 0 ? (size_t)done : 0);
  if (unsent > 0) {
    pthread_mutex_lock(&lock);
    record(UNSENT, fd, unsent, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  errno = kept;
  return done;
}

ssize_t write(int fd, const void *data, size_t size) {
  if (is_tracked(fd)) return written(fd, data, size, 0, 1);
  struct iovec part = {(void *)data, size};
  if (!announced(fd, &part, 1)) return REAL(write)(fd, data, size);
  return left(fd, size, REAL(write)(fd, data, size));
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
  struct iovec part = {(void *)data, size};
  if (!announced(fd, &part, 1)) return REAL(send)(fd, data, size, flags);
  return left(fd, size, REAL(send)(fd, data, size, flags));
}

static size_t sum(const struct iovec *parts, int count) {
  size_t size = 0;
  for (int i = 0; i < count; i++) size += parts[i].iov_len;
  return size;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (is_tracked(fd)) {
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
      ssize_t done = written(fd, parts[i].iov_base, parts[i].iov_len, 0, 1);
      if (done < 0) return all > 0 ? all : -1;
      all += done;
    }
    return all;
  }
  if (!announced(fd, parts, count)) return REAL(writev)(fd, parts, count);
  return left(fd, sum(parts, count), REAL(writev)(fd, parts, count));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  if (!announced(fd, message->msg_iov, (int)message->msg_iovlen)) return REAL(sendmsg)(fd, message, flags);
  return left(fd, sum(message->msg_iov, (int)message->msg_iovlen), REAL(sendmsg)(fd, message, flags));
}

int ftruncate64(int fd, off_t size) {
  if (!is_tracked(fd)) return REAL(ftruncate64)(fd, size);
  pthread_mutex_lock(&lock);
  int result = fails(fd, 't') ? -1 : REAL(ftruncate64)(fd, size);
  if (result == 0) record(TRUNCATE, fd, size, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, int (*next)(int)) {
  if (!is_tracked(fd)) return next(fd);
  pthread_mutex_lock(&lock);
  uint64_t number = ++sync_number;
  int failing = fails(fd, 's');
  if (!failing) record(SYNC_BEGIN, fd, number, NULL, 0);
  pthread_mutex_unlock(&lock);
  if (failing) { errno = fail_errno; return -1; }
  int result = next(fd);
  pthread_mutex_lock(&lock);
  if (result == 0) record(SYNC_END, fd, number, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int rename(const char *from, const char *to) {
  const char *a = below(from), *b = below(to);
  if (a == NULL || b == NULL) return REAL(rename)(from, to);
  char both[8192];
  size_t size = strlen(a) + 1 + strlen(b);
  pthread_mutex_lock(&lock);
  int result = REAL(rename)(from, to);
  if (result == 0 && size < sizeof both) {
    strcpy(both, a); strcpy(both + strlen(a) + 1, b);
    record(RENAME, 0, 0, both, size);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  const char *name = below(path);
  if (name == NULL) return REAL(unlink)(path);
  pthread_mutex_lock(&lock);
  int result = REAL(unlink)(path);
  if (result == 0) record(UNLINK, 0, 0, name, strlen(name));
  pthread_mutex_unlock(&lock);
  return result;
}
