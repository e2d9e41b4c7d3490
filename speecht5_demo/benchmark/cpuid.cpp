// Preloaded into a process, it answers the instruction cpuid without the features that SPEECHT5_DEMO_CPUID hides, so that
// every library computes as on a processor that lacks them. Linux on x86-64, where cpuid can be made to fault:
// arch_prctl(2), ARCH_CPUID. Threads and forked processes inherit it; a program that is started is preloaded anew.
#include <dlfcn.h>
#include <initializer_list>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace {
constexpr long kSetCpuid = 0x1012;
constexpr int kFeatures = 7;  // the leaf that tells of all that is hidden

struct Registers {
    uint32_t a, b, c, d;
};
Registers hidden[2];  // by sub-leaf
bool holding = false;
struct sigaction theirs;  // what the program does with other faults

using SetAction = int (*)(int, const struct sigaction*, struct sigaction*);

int set_action(int number, const struct sigaction* action, struct sigaction* before) {
    static const auto real = reinterpret_cast<SetAction>(dlsym(RTLD_NEXT, "sigaction"));
    return real(number, action, before);
}

bool let_cpuid(bool run) { return syscall(SYS_arch_prctl, kSetCpuid, run ? 1L : 0L) == 0; }

Registers cpuid(uint32_t leaf, uint32_t sub_leaf) {
    Registers r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub_leaf));
    return r;
}

void pass_on(int number, siginfo_t* fault, void* context) {
    if (theirs.sa_flags & SA_SIGINFO) {
        theirs.sa_sigaction(number, fault, context);
    } else if (theirs.sa_handler == SIG_DFL || theirs.sa_handler == SIG_IGN) {
        set_action(number, &theirs, nullptr);
        if (fault->si_code <= 0) raise(number);  // sent by a program; what faulted does so again on return
    } else {
        theirs.sa_handler(number);
    }
}

void answer(int number, siginfo_t* fault, void* context) {
    greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const auto* at = reinterpret_cast<const uint8_t*>(registers[REG_RIP]);
    // Only a cpuid faults without an address that can be read; a jump to nowhere has no instruction to look at.
    if (fault->si_code <= 0 || fault->si_addr != nullptr || at == nullptr || at[0] != 0x0f || at[1] != 0xa2)
        return pass_on(number, fault, context);
    const auto leaf = static_cast<uint32_t>(registers[REG_RAX]), sub_leaf = static_cast<uint32_t>(registers[REG_RCX]);
    let_cpuid(true);
    Registers told = cpuid(leaf, sub_leaf);
    let_cpuid(false);
    if (leaf == kFeatures && sub_leaf < 2) {
        const Registers& without = hidden[sub_leaf];
        told = {told.a & ~without.a, told.b & ~without.b, told.c & ~without.c, told.d & ~without.d};
    }
    registers[REG_RAX] = told.a, registers[REG_RBX] = told.b, registers[REG_RCX] = told.c, registers[REG_RDX] = told.d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) void hold() {
    const char* asked = getenv("SPEECHT5_DEMO_CPUID");
    if (asked == nullptr) return;
    char* rest = const_cast<char*>(asked);
    for (Registers& one : hidden)
        for (uint32_t* each : {&one.a, &one.b, &one.c, &one.d}) *each = strtoul(rest, &rest, 16);
    struct sigaction handler = {};
    handler.sa_sigaction = answer;
    handler.sa_flags = SA_SIGINFO | SA_NODEFER;
    set_action(SIGSEGV, &handler, &theirs);
    let_cpuid(false);
    holding = true;
}
}  // namespace

// A program's own handler of faults gets those that are its own.
extern "C" int sigaction(int number, const struct sigaction* action, struct sigaction* before) {
    if (!holding || number != SIGSEGV) return set_action(number, action, before);
    if (before != nullptr) *before = theirs;
    if (action != nullptr) theirs = *action;
    return 0;
}

extern "C" sighandler_t signal(int number, sighandler_t handler) {
    struct sigaction action = {}, before = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    return sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

extern "C" int features_are_hidden() {
    bool all = true;
    for (uint32_t sub_leaf = 0; sub_leaf < 2; sub_leaf++) {
        const Registers told = cpuid(kFeatures, sub_leaf), &without = hidden[sub_leaf];
        all = all && !((told.a & without.a) | (told.b & without.b) | (told.c & without.c) | (told.d & without.d));
    }
    return all && (hidden[0].b | hidden[0].c | hidden[0].d | hidden[1].a) != 0;
}
