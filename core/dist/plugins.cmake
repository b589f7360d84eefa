# The engines that move tensors between processes, each a library of its own that is opened when it is used (core/dist/plugin.h). Each
# is built where its packages are; -DTAPELOOP_GLOO=OFF, -DTAPELOOP_OPENMPI=OFF and -DTAPELOOP_MPICH=OFF leave them out.
option(TAPELOOP_GLOO "Build the engine over Gloo, where libgloo-dev is installed" ON)
option(TAPELOOP_OPENMPI "Build the engine over Open MPI, where libopenmpi-dev is installed" ON)
option(TAPELOOP_MPICH "Build the engine over MPICH, where libmpich-dev is installed" ON)

set(TAPELOOP_PLUGINS)
function(tapeloop_plugin engine source)
  set(target tapeloop-dist-${engine})
  add_library(${target} MODULE ${source})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE tapeloop_flags Threads::Threads ${CMAKE_DL_LIBS} ${ARGN})
  target_link_options(${target} PRIVATE LINKER:--as-needed LINKER:--gc-sections)
  # Beside the library, in a folder that only it looks into.
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/tapeloop)
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/tapeloop)
  set(TAPELOOP_PLUGINS ${TAPELOOP_PLUGINS} ${target} PARENT_SCOPE)
endfunction()

find_path(TAPELOOP_GLOO_INCLUDE gloo/transport/tcp/device.h)
find_library(TAPELOOP_GLOO_LIBRARY gloo)
mark_as_advanced(TAPELOOP_GLOO_INCLUDE TAPELOOP_GLOO_LIBRARY)
if(TAPELOOP_GLOO AND TAPELOOP_GLOO_INCLUDE AND TAPELOOP_GLOO_LIBRARY)
  tapeloop_plugin(gloo core/dist/gloo/transport.cpp ${TAPELOOP_GLOO_LIBRARY})
  target_sources(tapeloop-dist-gloo PRIVATE core/dist/gloo/loop_thread.cpp core/dist/gloo/peer_name.cpp)
  target_include_directories(tapeloop-dist-gloo SYSTEM PRIVATE ${TAPELOOP_GLOO_INCLUDE})
endif()

# Both can stand side by side: each is found by its own name.
foreach(mpi OPENMPI MPICH)
  string(TOLOWER ${mpi} name)
  set(module_OPENMPI ompi-c)
  set(module_MPICH mpich)
  pkg_check_modules(TAPELOOP_${mpi}_FOUND_AS QUIET IMPORTED_TARGET ${module_${mpi}})
  if(TAPELOOP_${mpi} AND TAPELOOP_${mpi}_FOUND_AS_FOUND)
    tapeloop_plugin(mpi-${name} core/dist/mpi/transport.cpp PkgConfig::TAPELOOP_${mpi}_FOUND_AS)
    target_compile_definitions(tapeloop-dist-mpi-${name} PRIVATE OMPI_SKIP_MPICXX=1 MPICH_SKIP_MPICXX=1)
  endif()
endforeach()
