# The same kernels three times: each file is compiled for its instruction set, and table.cpp picks one at run time.
# -O3 whatever the build type, because these loops need their lanes unrolled and inlined.
set(TAPELOOP_VECTOR_DIR ${CMAKE_CURRENT_SOURCE_DIR}/core/kernels/vector)
set(TAPELOOP_VECTOR_OPTIONS -O3)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC's own AVX-512 intrinsics trip this warning (GCC bug 105593).
  list(APPEND TAPELOOP_VECTOR_OPTIONS -Wno-maybe-uninitialized)
endif()
set_source_files_properties(${TAPELOOP_VECTOR_DIR}/portable.cpp PROPERTIES COMPILE_OPTIONS
                            "${TAPELOOP_VECTOR_OPTIONS}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND NOT TAPELOOP_PORTABLE)
  set_source_files_properties(${TAPELOOP_VECTOR_DIR}/avx2.cpp PROPERTIES COMPILE_OPTIONS
                              "${TAPELOOP_VECTOR_OPTIONS};-mavx2;-mfma")
  set_source_files_properties(${TAPELOOP_VECTOR_DIR}/avx512.cpp PROPERTIES COMPILE_OPTIONS
    "${TAPELOOP_VECTOR_OPTIONS};-mavx2;-mfma;-mavx512f;-mavx512dq;-mavx512bw;-mavx512vl;-mprefer-vector-width=512")
  set_source_files_properties(${TAPELOOP_VECTOR_DIR}/table.cpp PROPERTIES COMPILE_DEFINITIONS TL_VECTOR_X86)
endif()
