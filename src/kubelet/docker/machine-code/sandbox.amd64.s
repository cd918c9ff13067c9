# PID 1 of every Pod's sandbox on amd64: reaps children, ends on SIGINT or SIGTERM. See sandbox-image.ts.
.globl _start
_start:
  push $0x14002            # signal set: SIGINT, SIGTERM, SIGCHLD
  push %rsp
  pop %rsi
  xor %edi, %edi           # SIG_BLOCK
  xor %edx, %edx
  push $8
  pop %r10
  push $14                 # rt_sigprocmask
  pop %rax
  syscall
wait:
  push %rsp
  pop %rdi
  xor %esi, %esi
  xor %edx, %edx
  mov $128, %eax           # rt_sigtimedwait
  syscall
  cmp $17, %eax            # SIGCHLD
  je reap
  test %eax, %eax          # interrupted
  js wait
  xor %edi, %edi
  push $60                 # exit
  pop %rax
  syscall
reap:
  push $-1
  pop %rdi
  xor %esi, %esi
  push $1                  # WNOHANG
  pop %rdx
  xor %r10d, %r10d
  push $61                 # wait4
  pop %rax
  syscall
  test %eax, %eax
  jg reap
  push $8                  # the size of the set again, for the wait
  pop %r10
  jmp wait
