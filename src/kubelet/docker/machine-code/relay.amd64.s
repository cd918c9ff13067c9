# `relay PORT` on amd64: joins stdin and stdout with 127.0.0.1:PORT. Writes one zero byte first, once connected;
# exits with 1 where nobody listens. See sandbox-image.ts.
.globl _start
_start:
  mov 16(%rsp), %rsi       # argv[1]
  xor %ebx, %ebx
digit:
  movzbl (%rsi), %eax
  inc %rsi
  sub $48, %eax
  js parsed
  imul $10, %ebx, %ebx
  add %eax, %ebx
  jmp digit
parsed:
  xchg %bh, %bl            # network byte order
  push $2                  # AF_INET
  pop %rdi
  push $1                  # SOCK_STREAM
  pop %rsi
  xor %edx, %edx
  push $41                 # socket
  pop %rax
  syscall
  mov %eax, %r12d
  push $0                  # struct sockaddr_in
  mov $0x0100007f, %eax    # 127.0.0.1
  shl $32, %rax
  shl $16, %ebx
  or $2, %ebx
  or %rbx, %rax
  push %rax
  mov %r12d, %edi
  mov %rsp, %rsi
  push $16
  pop %rdx
  push $42                 # connect
  pop %rax
  syscall
  test %eax, %eax
  js fail
  push $0
  push $1
  pop %rdi
  mov %rsp, %rsi
  push $1
  pop %rdx
  push $1                  # write: the zero byte
  pop %rax
  syscall
  sub $65536, %rsp
  push $57                 # fork: one process per direction, so that neither can hold up the other
  pop %rax
  syscall
  test %eax, %eax
  jz upstream
  mov %eax, %r15d
  mov %r12d, %r13d         # downstream: socket to stdout
  push $1
  pop %r14
  call copy
  mov %r15d, %edi
  push $9                  # SIGKILL
  pop %rsi
  push $62                 # kill
  pop %rax
  syscall
  xor %edi, %edi
exit:
  push $60                 # exit
  pop %rax
  syscall
fail:
  push $1
  pop %rdi
  jmp exit
upstream:
  push $1                  # only the other process may hold stdout and stderr open
  pop %rdi
  push $3                  # close
  pop %rax
  syscall
  push $2
  pop %rdi
  push $3
  pop %rax
  syscall
  xor %r13d, %r13d         # stdin to socket
  mov %r12d, %r14d
  call copy
  mov %r12d, %edi
  push $1                  # SHUT_WR
  pop %rsi
  push $48                 # shutdown
  pop %rax
  syscall
  xor %edi, %edi
  jmp exit
copy:                      # from %r13d to %r14d until the end; the buffer lies above the return address
  mov %r13d, %edi
  lea 8(%rsp), %rsi
  mov $65536, %edx
  xor %eax, %eax           # read
  syscall
  test %eax, %eax
  jle copied
  mov %eax, %ebx
  lea 8(%rsp), %rbp
rest:
  mov %r14d, %edi
  mov %rbp, %rsi
  mov %ebx, %edx
  push $1                  # write
  pop %rax
  syscall
  test %eax, %eax
  jle copied
  cdqe
  add %rax, %rbp
  sub %eax, %ebx
  jnz rest
  jmp copy
copied:
  ret
