/* Tries what a plugin has no business to do, and tells how far it came: the message is "done" or the errno's name. */
#include <dunhub/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The whole input is {"x":"TEXT"}. */
static const char *wanted(const DunhubHost *host, DunhubCall *call)
{
    DunhubBytes input = host->input(call);
    char *copy = host->alloc(call, input.n + 1);
    memcpy(copy, input.p, input.n);
    char *colon = strchr(copy, ':');
    char *from = colon != NULL ? strchr(colon, '"') : NULL;
    char *to = from != NULL ? strchr(from + 1, '"') : NULL;
    if (to == NULL) {
        return "";
    }
    *to = '\0';
    return from + 1;
}

static void tell(DunhubResult *ret_result, int error)
{
    const char *name = error == 0 ? "done" : strerrorname_np(error);
    ret_result->outcome = DUNHUB_OK;
    ret_result->message = (DunhubBytes){name, strlen(name)};
}

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

static void read_file(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    tell(ret_result, try_open(wanted(host, call), O_RDONLY));
}

static void write_file(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    tell(ret_result, try_open(wanted(host, call), O_WRONLY | O_CREAT));
}

static void fork_(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    pid_t pid = fork();
    int error = pid < 0 ? errno : 0;
    if (pid == 0) {
        _exit(0);
    }
    if (pid > 0) {
        waitpid(pid, NULL, 0);
    }
    tell(ret_result, error);
}

static void exec_(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    char *const arguments[] = {(char *)(uintptr_t) "/bin/true", NULL};
    execv(arguments[0], arguments);
    tell(ret_result, errno);
}

static void kill_hub(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    tell(ret_result, kill(getppid(), 0) == 0 ? 0 : errno);
}

static void trace_hub(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    tell(ret_result, ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0 ? 0 : errno);
}

static void ring(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    tell(ret_result, syscall(SYS_io_uring_setup, 1, NULL) >= 0 ? 0 : errno);
}

static void listen_(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int error = fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0 ? errno : 0;
    close(fd);
    tell(ret_result, error);
}

static void resolve(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(wanted(host, call), "443", NULL, &found);
    if (found != NULL) {
        freeaddrinfo(found);
    }
    tell(ret_result, failed != 0 ? EHOSTUNREACH : 0);
}

static void *nothing(void *data)
{
    return data;
}

static void thread(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    pthread_t other;
    int error = pthread_create(&other, NULL, nothing, NULL);
    if (error == 0) {
        pthread_join(other, NULL);
    }
    tell(ret_result, error);
}

static void hoard(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    enum { BLOCK_BYTES = 16 << 20, BLOCKS = 128 };
    void *blocks[BLOCKS] = {NULL};
    int n = 0;
    while (n < BLOCKS && (blocks[n] = malloc(BLOCK_BYTES)) != NULL) {
        n++;
    }
    for (int i = 0; i < n; i++) {
        free(blocks[i]);
    }
    tell(ret_result, n < BLOCKS ? ENOMEM : 0);
}

static void descriptors(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    enum { MOST = 5000 };
    int first = dup(STDERR_FILENO), last = first, error = 0;
    for (int i = 0; i < MOST && error == 0; i++) {
        int fd = dup(STDERR_FILENO);
        error = fd < 0 ? errno : 0;
        last = fd < 0 ? last : fd;
    }
    close_range((unsigned)first, (unsigned)last, 0);
    tell(ret_result, error);
}

#define ACTION(name, handler)                                                                      \
    {                                                                                              \
        .size = sizeof(DunhubAction), .verb = name, .effect = DUNHUB_WRITE, .run = handler         \
    }

static const DunhubAction actions[] = {
    ACTION("test.read", read_file),  ACTION("test.write", write_file),
    ACTION("test.fork", fork_),      ACTION("test.exec", exec_),
    ACTION("test.kill", kill_hub),   ACTION("test.trace", trace_hub),
    ACTION("test.ring", ring),       ACTION("test.listen", listen_),
    ACTION("test.resolve", resolve), ACTION("test.thread", thread),
    ACTION("test.hoard", hoard),     ACTION("test.descriptors", descriptors),
};

static const DunhubOption options[] = {
    {sizeof(DunhubOption), "ledger", DUNHUB_OPTION_PATH, 0, NULL, NULL, "A file it may read."},
    {sizeof(DunhubOption), "folder", DUNHUB_OPTION_PATH, DUNHUB_OPTION_WRITABLE, NULL, NULL,
     "A folder it may write to."},
    {sizeof(DunhubOption), "word", DUNHUB_OPTION_TEXT, 0, NULL, NULL, "No path, whatever it says."},
};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .name = "burglar",
    .version = "1.0",
    .doc = "Tries what it has no business to do.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .actions = actions,
    .n_actions = sizeof actions / sizeof actions[0],
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
