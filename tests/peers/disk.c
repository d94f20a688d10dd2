/* A disk that forgets: preloaded into a program, it notes each change to the files below DISK_ROOT before it happens, and each
 * fsync. After the program was killed, the test puts the files into a state that a power cut could have left: what was synced
 * is there, of the rest any part (tools/testkit/src/disk/cut.rs). SIGKILL alone loses nothing, for the kernel keeps what was written.
 * It also fails chosen calls (tools/testkit/src/disk/faults.rs).
 *
 *   DISK_ROOT      folder whose files are watched, absolute and without symbolic links
 *   DISK_SIDE      folder on the same file system, outside DISK_ROOT: `log` (records, see struct head), `kept-N` (replaced and removed
 *                  files), `faults` (64 numbers, see enum slot)
 *   DISK_SYNC_US   how long an fsync takes, in microseconds: what is under way then is what a power cut hits
 *   DISK_LIES      when set, fsync says yes and forgets all the same
 *   DISK_NO_LOG    when set, only faults; nothing is noted
 *
 * Nothing is synced for real: here the log is the disk. SQLite's shared-memory index (-shm) is not watched: it is mapped, and made
 * anew by the first who opens the database. Any other file that is mapped for writing would escape the watch: the program is ended. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { DATA = 1, SYNC, CREATE, MKDIR, RENAME, UNLINK, LINK, FAILED_SYNC };
enum class { WRITE = 1, FSYNC, OPEN, NAME, TRUNCATE, READ };
/* MASK: bit per class that may fail; COUNTDOWN: calls until the first failure; ERROR: errno, or 0 for a short write, or END for the
 * end of the program; REPEAT: how many fail in a row; FIRED: how many have failed; CALLS + class: calls so far. */
enum slot { MASK, COUNTDOWN, ERROR, REPEAT, FIRED, CALLS = 8, SLOTS = 64 };

struct head {
    uint32_t magic, kind;
    uint64_t number;   /* of the record, growing */
    uint64_t file;     /* inode of the file, or of the folder whose entry changes */
    uint64_t offset;   /* of the change; SYNC and FAILED_SYNC: last record that counts */
    uint64_t old_size, new_size;
    uint32_t old_length, new_length; /* bytes that follow: what was there, what is there */
    uint32_t first_length, second_length; /* names that follow: of the entry, and the new one */
};

#define END 1000
#define FDS 65536
static uint64_t inode_of[FDS]; /* of watched descriptors */
static char root[PATH_MAX], side[PATH_MAX];
static int log_fd = -1, lies;
static useconds_t sync_us;
static uint64_t number;
static volatile uint64_t *faults;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#define REAL(result, name, ...) static result (*real_##name)(__VA_ARGS__)
REAL(int, open, const char *, int, ...);
REAL(int, close, int);
REAL(ssize_t, write, int, const void *, size_t);
REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
REAL(ssize_t, read, int, void *, size_t);
REAL(ssize_t, pread, int, void *, size_t, off_t);
REAL(ssize_t, writev, int, const struct iovec *, int);
REAL(int, ftruncate, int, off_t);
REAL(int, fsync, int);
REAL(int, rename, const char *, const char *);
REAL(int, unlink, const char *);
REAL(int, link, const char *, const char *);
REAL(int, mkdir, const char *, mode_t);
REAL(void *, mmap, void *, size_t, int, int, int, off_t);

static void start(void) {
#define FIND(name) real_##name = dlsym(RTLD_NEXT, #name)
    FIND(open); FIND(close); FIND(write); FIND(pwrite); FIND(read); FIND(pread); FIND(writev); FIND(ftruncate); FIND(fsync);
    FIND(rename); FIND(unlink); FIND(link); FIND(mkdir); FIND(mmap);
    const char *watched = getenv("DISK_ROOT"), *beside = getenv("DISK_SIDE");
    if (watched == NULL || beside == NULL) return;
    snprintf(root, sizeof root, "%s", watched);
    snprintf(side, sizeof side, "%s", beside);
    lies = getenv("DISK_LIES") != NULL;
    const char *wait = getenv("DISK_SYNC_US");
    if (wait != NULL) sync_us = (useconds_t)strtoul(wait, NULL, 10);
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/faults", side);
    int fd = real_open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        void *map = real_mmap(NULL, SLOTS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (map != MAP_FAILED) faults = map;
        real_close(fd);
    }
    if (getenv("DISK_NO_LOG") != NULL) return;
    snprintf(path, sizeof path, "%s/log", side);
    log_fd = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat found;
    if (log_fd < 0 || fstat(log_fd, &found) != 0) abort();
    /* Above every number of the program that wrote here before. */
    number = (uint64_t)found.st_size;
}

static void begin(void) { pthread_once(&once, start); }

/* Whether this call is to fail; sets errno, or *shorter. The lock is held. */
static int fails(enum class class, int *shorter) {
    if (faults == NULL) return 0;
    faults[CALLS + class]++;
    if (!(faults[MASK] >> class & 1) || faults[REPEAT] == 0) return 0;
    if (faults[COUNTDOWN] > 1) return faults[COUNTDOWN]--, 0;
    faults[REPEAT]--;
    faults[FIRED]++;
    if (faults[ERROR] == END) raise(SIGKILL);
    if (faults[ERROR] == 0) {
        /* A short write is no error; for other calls there is no such thing. */
        if (shorter != NULL) *shorter = 1;
        return 0;
    }
    errno = (int)faults[ERROR];
    return 1;
}

static void note(struct head head, const void *old, const void *new, const char *first, const char *second) {
    if (log_fd < 0) return;
    head.magic = 0x4B534944;
    head.number = ++number;
    head.first_length = first == NULL ? 0 : (uint32_t)strlen(first);
    head.second_length = second == NULL ? 0 : (uint32_t)strlen(second);
    struct iovec parts[] = {
        {&head, sizeof head}, {(void *)old, head.old_length}, {(void *)new, head.new_length},
        {(void *)first, head.first_length}, {(void *)second, head.second_length},
    };
    size_t total = sizeof head + head.old_length + head.new_length + head.first_length + head.second_length;
    /* A log with a hole would prove nothing. */
    if (real_writev(log_fd, parts, 5) != (ssize_t)total) abort();
}

static int is_watched(const char *path) {
    size_t length = strlen(root);
    if (length == 0 || path == NULL || strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != 0)) return 0;
    size_t all = strlen(path);
    return all < 4 || strcmp(path + all - 4, "-shm") != 0;
}

static uint64_t folder_of(const char *path) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) *slash = 0;
    struct stat found;
    return stat(folder, &found) == 0 ? found.st_ino : 0;
}

static uint64_t watched_fd(int fd) { return fd >= 0 && fd < FDS ? inode_of[fd] : 0; }

/* Notes that `length` bytes at `offset` become `bytes` and the size becomes `size` (-1: as the bytes make it). */
static void note_change(int fd, const void *bytes, size_t length, off_t offset, off_t size) {
    if (log_fd < 0) return;
    struct stat found;
    if (fstat(fd, &found) != 0) abort();
    struct head head = {.kind = DATA, .file = watched_fd(fd), .offset = (uint64_t)offset, .old_size = (uint64_t)found.st_size};
    off_t end = offset + (off_t)length;
    head.new_size = (uint64_t)(size >= 0 ? size : end > found.st_size ? end : found.st_size);
    head.new_length = (uint32_t)length;
    off_t reach = size >= 0 ? found.st_size : end < found.st_size ? end : found.st_size;
    size_t old_length = reach > offset ? (size_t)(reach - offset) : 0;
    char *old = NULL;
    if (old_length > 0) {
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        int reader = real_open(name, O_RDONLY | O_CLOEXEC);
        old = malloc(old_length);
        if (reader < 0 || old == NULL || real_pread(reader, old, old_length, offset) != (ssize_t)old_length) abort();
        real_close(reader);
    }
    head.old_length = (uint32_t)old_length;
    note(head, old, bytes, NULL, NULL);
    free(old);
}

static ssize_t change(int fd, const void *bytes, size_t length, off_t offset, int at_offset) {
    int shorter = 0;
    ssize_t done = -1;
    pthread_mutex_lock(&lock);
    if (!fails(WRITE, &shorter)) {
        if (shorter && length > 1) length /= 2;
        if (!at_offset) offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
        note_change(fd, bytes, length, offset, -1);
        done = at_offset ? real_pwrite(fd, bytes, length, offset) : real_write(fd, bytes, length);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    begin();
    return watched_fd(fd) ? change(fd, bytes, length, 0, 0) : real_write(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    begin();
    return watched_fd(fd) ? change(fd, bytes, length, offset, 1) : real_pwrite(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) { return pwrite(fd, bytes, length, offset); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    begin();
    if (!watched_fd(fd)) return real_writev(fd, parts, count);
    ssize_t total = 0;
    for (int at = 0; at < count; at++) {
        ssize_t done = change(fd, parts[at].iov_base, parts[at].iov_len, 0, 0);
        if (done < 0) return total > 0 ? total : -1;
        total += done;
        if ((size_t)done < parts[at].iov_len) break;
    }
    return total;
}

ssize_t read(int fd, void *bytes, size_t length) {
    begin();
    if (watched_fd(fd)) {
        pthread_mutex_lock(&lock);
        int failed = fails(READ, NULL);
        pthread_mutex_unlock(&lock);
        if (failed) return -1;
    }
    return real_read(fd, bytes, length);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset) {
    begin();
    if (watched_fd(fd)) {
        pthread_mutex_lock(&lock);
        int failed = fails(READ, NULL);
        pthread_mutex_unlock(&lock);
        if (failed) return -1;
    }
    return real_pread(fd, bytes, length, offset);
}

ssize_t pread64(int fd, void *bytes, size_t length, off_t offset) { return pread(fd, bytes, length, offset); }

int ftruncate(int fd, off_t size) {
    begin();
    if (!watched_fd(fd)) return real_ftruncate(fd, size);
    int done = -1;
    pthread_mutex_lock(&lock);
    if (!fails(TRUNCATE, NULL)) {
        note_change(fd, NULL, 0, size, size);
        done = real_ftruncate(fd, size);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fsync(int fd) {
    begin();
    uint64_t file = watched_fd(fd);
    if (!file) return real_fsync(fd);
    pthread_mutex_lock(&lock);
    uint64_t last = number;
    pthread_mutex_unlock(&lock);
    if (sync_us > 0) usleep(sync_us);
    pthread_mutex_lock(&lock);
    /* After a failed fsync the kernel takes the pages for clean: a later one does not write them. */
    int failed = fails(FSYNC, NULL);
    int kept = errno;
    if (!lies) note((struct head){.kind = failed ? FAILED_SYNC : SYNC, .file = file, .offset = last}, NULL, NULL, NULL, NULL);
    errno = kept;
    pthread_mutex_unlock(&lock);
    return failed ? -1 : 0;
}

int fdatasync(int fd) { return fsync(fd); }

static int open_watched(const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    int fd = -1;
    if (!fails(OPEN, NULL)) {
        struct stat found;
        int is_new = (flags & O_CREAT) && lstat(path, &found) != 0;
        /* What O_TRUNC cuts off must be noted like any other cut. */
        fd = real_open(path, flags & ~O_TRUNC, mode);
        if (fd >= 0 && fstat(fd, &found) == 0) {
            if (is_new) note((struct head){.kind = CREATE, .file = folder_of(path)}, NULL, NULL, path, NULL);
            if (fd >= FDS) abort();
            inode_of[fd] = found.st_ino;
            if ((flags & O_TRUNC) && S_ISREG(found.st_mode) && found.st_size > 0) {
                note_change(fd, NULL, 0, 0, 0);
                if (real_ftruncate(fd, 0) != 0) abort();
            }
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static int open_any(const char *path, int flags, mode_t mode) {
    begin();
    return is_watched(path) ? open_watched(path, flags, mode) : real_open(path, flags, mode);
}

#define MODE_OF(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE_OF(flags) return open_any(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_any(path, flags, mode); }

int close(int fd) {
    begin();
    if (fd >= 0 && fd < FDS) inode_of[fd] = 0;
    return real_close(fd);
}

/* Keeps what a name stands for, so that the change can be undone. */
static int keep(const char *path) {
    char kept[PATH_MAX + 32];
    snprintf(kept, sizeof kept, "%s/kept-%llu", side, (unsigned long long)number + 1);
    return log_fd >= 0 && real_link(path, kept) == 0;
}

int rename(const char *from, const char *to) {
    begin();
    if (!is_watched(from)) return real_rename(from, to);
    int done = -1;
    pthread_mutex_lock(&lock);
    if (!fails(NAME, NULL)) {
        struct stat found;
        int is_replaced = lstat(to, &found) == 0 && S_ISREG(found.st_mode) && keep(to);
        note((struct head){.kind = RENAME, .file = folder_of(to), .offset = is_replaced}, NULL, NULL, from, to);
        done = real_rename(from, to);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int unlink(const char *path) {
    begin();
    if (!is_watched(path)) return real_unlink(path);
    int done = -1;
    pthread_mutex_lock(&lock);
    if (!fails(NAME, NULL)) {
        int is_kept = keep(path);
        if (is_kept) note((struct head){.kind = UNLINK, .file = folder_of(path)}, NULL, NULL, path, NULL);
        done = real_unlink(path);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int link(const char *from, const char *to) {
    begin();
    if (!is_watched(to)) return real_link(from, to);
    int done = -1;
    pthread_mutex_lock(&lock);
    if (!fails(NAME, NULL)) {
        done = real_link(from, to);
        if (done == 0) note((struct head){.kind = LINK, .file = folder_of(to)}, NULL, NULL, from, to);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

/* Rust's standard library links with this one. */
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    (void)flags;
    if (from_folder != AT_FDCWD || to_folder != AT_FDCWD) { errno = ENOSYS; return -1; }
    return link(from, to);
}

int mkdir(const char *path, mode_t mode) {
    begin();
    if (!is_watched(path)) return real_mkdir(path, mode);
    int done = -1;
    pthread_mutex_lock(&lock);
    if (!fails(NAME, NULL)) {
        done = real_mkdir(path, mode);
        if (done == 0) note((struct head){.kind = MKDIR, .file = folder_of(path)}, NULL, NULL, path, NULL);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    begin();
    if (watched_fd(fd) && (protection & PROT_WRITE) && (flags & MAP_SHARED)) {
        static const char words[] = "disk.c: a watched file is mapped for writing\n";
        ssize_t said = real_write(2, words, sizeof words - 1);
        _exit(said > 0 ? 97 : 98);
    }
    return real_mmap(at, length, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    return mmap(at, length, protection, flags, fd, offset);
}
