# Each kernel file is compiled for its instruction set; which one runs is decided at run time. -O3, because the register
# tiles need their loops unrolled whatever the build type.
set(TAPELOOP_GEMM_DIR ${CMAKE_CURRENT_SOURCE_DIR}/core/kernels/gemm)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND NOT TAPELOOP_PORTABLE)
  set_source_files_properties(${TAPELOOP_GEMM_DIR}/kernels_avx512.cpp PROPERTIES COMPILE_OPTIONS
                              "-O3;-mavx2;-mfma;-mavx512f;-mavx512vl;-mavx512dq;-mavx512bw")
  set_source_files_properties(${TAPELOOP_GEMM_DIR}/kernels_avx2.cpp PROPERTIES COMPILE_OPTIONS "-O3;-mavx2;-mfma")
endif()
set_source_files_properties(${TAPELOOP_GEMM_DIR}/kernels_portable.cpp PROPERTIES COMPILE_OPTIONS "-O3")
target_compile_definitions(tapeloop_core PUBLIC TL_HAVE_ONEDNN=1)
