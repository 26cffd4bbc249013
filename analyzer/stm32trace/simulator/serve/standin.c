/* Preloaded into a host tool, so that a virtual part is all that it needs.
 *
 * A pseudo-terminal has neither parity nor modem lines; tools set both and check that they were taken. Here they are
 * taken, and told on a pipe: "port BAUD PARITY\n", "lines RTS DTR\n".
 *
 *   STM32TRACE_PORT    the terminal's name
 *   STM32TRACE_EVENTS  the pipe
 *
 * An I2C bus of the kernel is a device file; transfers on it go over a socket instead, and so does the time that
 * the tool waits, so that a time-out costs none: five bytes of request (a letter, a number), then the data to write.
 * The answer is eight bytes of time in microseconds, four of length or -1, then the data read.
 *
 *   STM32TRACE_I2C     "NAME=SOCKET": the device file's name, and the socket
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Source: Linux, include/uapi/linux/i2c.h and i2c-dev.h. */
#define I2C_SLAVE 0x0703
#define I2C_FUNCS 0x0705
#define I2C_FUNC_I2C 0x00000001UL

static struct termios settings;
static int have_settings;
static int lines;

static int bus = -1;      /* the socket, once the tool has opened the device file */
static int64_t elapsed_us; /* of the model's time */

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

static int whole(int (*step)(int, void *, size_t), int file, void *data, size_t length)
{
    char *place = data;

    while (length) {
        int done = step(file, place, length);
        if (done <= 0)
            return -1;
        place += done;
        length -= done;
    }
    return 0;
}

static int take(int file, void *data, size_t length) { return recv(file, data, length, 0); }
static int give(int file, void *data, size_t length) { return send(file, data, length, MSG_NOSIGNAL); }

/* Ask for one thing: 'A' address, 'R' bytes to read, 'W' bytes to write, 'S' microseconds to sleep. */
static int ask(char what, uint32_t number, const void *sent, void *received)
{
    unsigned char request[5] = {what, number, number >> 8, number >> 16, number >> 24};
    struct { int64_t now_us; int32_t length; } __attribute__((packed)) answer;

    if (whole(give, bus, request, sizeof request) || (sent && whole(give, bus, (void *)sent, number)))
        return -1;
    if (whole(take, bus, &answer, sizeof answer))
        return -1;
    elapsed_us = answer.now_us;
    if (answer.length < 0) {
        errno = ENXIO;
        return -1;
    }
    if (received && answer.length && whole(take, bus, received, answer.length))
        return -1;
    return answer.length;
}

static int is_bus(const char *path)
{
    const char *named = getenv("STM32TRACE_I2C");
    const char *end = named ? strchr(named, '=') : NULL;

    return end && strlen(path) == (size_t)(end - named) && strncmp(path, named, end - named) == 0;
}

static int open_bus(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    strncpy(name.sun_path, strchr(getenv("STM32TRACE_I2C"), '=') + 1, sizeof name.sun_path - 1);
    bus = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bus >= 0 && connect(bus, (struct sockaddr *)&name, sizeof name) < 0) {
        close(bus);
        bus = -1;
    }
    return bus;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;

    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return is_bus(path) ? open_bus() : REAL("open", int (*)(const char *, int, mode_t))(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;

    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return is_bus(path) ? open_bus() : REAL("open64", int (*)(const char *, int, mode_t))(path, flags, mode);
}

ssize_t read(int file, void *data, size_t length)
{
    if (bus < 0 || file != bus)
        return REAL("read", ssize_t (*)(int, void *, size_t))(file, data, length);
    return ask('R', length, NULL, data);
}

ssize_t write(int file, const void *data, size_t length)
{
    if (bus < 0 || file != bus)
        return REAL("write", ssize_t (*)(int, const void *, size_t))(file, data, length);
    return ask('W', length, data, NULL);
}

/* Time, once there is a bus. */

int usleep(useconds_t time_us)
{
    return bus < 0 ? REAL("usleep", int (*)(useconds_t))(time_us) : ask('S', time_us, NULL, NULL) < 0;
}

int nanosleep(const struct timespec *wanted, struct timespec *rest)
{
    if (bus < 0)
        return REAL("nanosleep", int (*)(const struct timespec *, struct timespec *))(wanted, rest);
    return ask('S', wanted->tv_sec * 1000000 + wanted->tv_nsec / 1000, NULL, NULL) < 0;
}

int gettimeofday(struct timeval *now, void *zone)
{
    static int64_t begun_us;
    struct timespec clock;

    (void)zone;
    if (!begun_us) {
        clock_gettime(CLOCK_REALTIME, &clock);
        begun_us = clock.tv_sec * INT64_C(1000000) + clock.tv_nsec / 1000;
    }
    if (bus < 0) {
        clock_gettime(CLOCK_REALTIME, &clock);
        now->tv_sec = clock.tv_sec;
        now->tv_usec = clock.tv_nsec / 1000;
    } else {
        now->tv_sec = (begun_us + elapsed_us) / 1000000;
        now->tv_usec = (begun_us + elapsed_us) % 1000000;
    }
    return 0;
}

time_t time(time_t *result)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

static void tell(const char *message)
{
    static int pipe_end = -1;
    const char *path = getenv("STM32TRACE_EVENTS");

    if (pipe_end < 0 && path)
        pipe_end = open(path, O_WRONLY | O_CLOEXEC);
    if (pipe_end >= 0 && write(pipe_end, message, strlen(message)) < 0)
        pipe_end = -1;
}

static int is_port(int file)
{
    char name[256];
    const char *port = getenv("STM32TRACE_PORT");

    return port && ttyname_r(file, name, sizeof name) == 0 && strcmp(name, port) == 0;
}

static unsigned baud_of(speed_t speed)
{
    static const struct { speed_t speed; unsigned baud; } known[] = {
        {B1200, 1200}, {B1800, 1800}, {B2400, 2400}, {B4800, 4800}, {B9600, 9600}, {B19200, 19200},
        {B38400, 38400}, {B57600, 57600}, {B115200, 115200}, {B230400, 230400}, {B460800, 460800},
        {B500000, 500000}, {B576000, 576000}, {B921600, 921600}, {B1000000, 1000000}, {B1500000, 1500000},
        {B2000000, 2000000},
    };
    for (size_t place = 0; place < sizeof known / sizeof *known; place++)
        if (known[place].speed == speed)
            return known[place].baud;
    return 9600;
}

int tcsetattr(int file, int when, const struct termios *wanted)
{
    int (*real)(int, int, const struct termios *) = dlsym(RTLD_NEXT, "tcsetattr");
    char message[64];

    if (!is_port(file))
        return real(file, when, wanted);
    settings = *wanted;
    have_settings = 1;
    snprintf(message, sizeof message, "port %u %s\n", baud_of(cfgetospeed(wanted)),
             !(wanted->c_cflag & PARENB) ? "none" : wanted->c_cflag & PARODD ? "odd" : "even");
    tell(message);
    return real(file, when, wanted);
}

int tcgetattr(int file, struct termios *found)
{
    int (*real)(int, struct termios *) = dlsym(RTLD_NEXT, "tcgetattr");
    int result = real(file, found);

    if (result == 0 && have_settings && is_port(file))
        *found = settings;
    return result;
}

int ioctl(int file, unsigned long request, ...)
{
    int (*real)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
    char message[64];
    va_list rest;
    int *argument;

    va_start(rest, request);
    argument = va_arg(rest, int *);
    va_end(rest);
    if (bus >= 0 && file == bus) {
        if (request == I2C_FUNCS)
            *(unsigned long *)argument = I2C_FUNC_I2C;
        return request == I2C_SLAVE ? ask('A', (uint32_t)(uintptr_t)argument, NULL, NULL) : 0;
    }
    if (request != TIOCMGET && request != TIOCMSET && request != TIOCMBIS && request != TIOCMBIC)
        return real(file, request, argument);
    if (!is_port(file))
        return real(file, request, argument);
    if (request == TIOCMGET) {
        *argument = lines;
        return 0;
    }
    if (request == TIOCMSET)
        lines = *argument;
    else if (request == TIOCMBIS)
        lines |= *argument;
    else
        lines &= ~*argument;
    snprintf(message, sizeof message, "lines %d %d\n", !!(lines & TIOCM_RTS), !!(lines & TIOCM_DTR));
    tell(message);
    return 0;
}
