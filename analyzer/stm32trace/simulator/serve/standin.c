/* Preloaded into a host tool, so that a virtual part is all that it needs.
 *
 * A pseudo-terminal has neither parity nor modem lines; tools set both and check that they were taken. Here they are
 * taken, and told on a pipe: "port BAUD PARITY\n", "lines RTS DTR\n".
 *
 *   STM32TRACE_PORT    the terminal's name
 *   STM32TRACE_EVENTS  the pipe
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios settings;
static int have_settings;
static int lines;

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
