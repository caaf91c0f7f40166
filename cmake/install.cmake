# cmake --install: the program, its catalogue, and what find_package(rnnbench) needs to build another program on it.
include(CMakePackageConfigHelpers)

set(rnnbench_folder ${CMAKE_INSTALL_LIBDIR}/cmake/rnnbench)
set(rnnbench_headers ${CMAKE_INSTALL_INCLUDEDIR}/rnnbench)

set_target_properties(rnnbench_cli PROPERTIES EXPORT_NAME program)
foreach(floor core models tasks experiments speed analysis findings)
  set_target_properties(rnnbench_${floor} PROPERTIES EXPORT_NAME ${floor})
endforeach()
# Headers name one another from the root of the tree: "tasks/task.h".
target_include_directories(rnnbench_core INTERFACE $<INSTALL_INTERFACE:${rnnbench_headers}>)
# A task makes the same data in a program of its own: no contraction there either.
target_compile_options(rnnbench_core INTERFACE $<INSTALL_INTERFACE:-ffp-contract=off>)

install(TARGETS rnnbench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS rnnbench_core rnnbench_models rnnbench_tasks rnnbench_experiments rnnbench_speed rnnbench_analysis
                rnnbench_findings rnnbench_cli
        EXPORT rnnbench ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(floor core tasks experiments analysis findings)
  install(DIRECTORY ${floor}/ DESTINATION ${rnnbench_headers}/${floor}
          FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE PATTERN "catalogue" EXCLUDE)
endforeach()
# The other headers of models are texts that are compiled once per instruction set.
install(FILES models/catalogue.h models/gradient_check.h models/network.h models/state_size.h models/trace.h
        DESTINATION ${rnnbench_headers}/models)
install(FILES models/cells/cell_entry.h DESTINATION ${rnnbench_headers}/models/cells)
install(FILES cli/program.h DESTINATION ${rnnbench_headers}/cli)
install(DIRECTORY experiments/catalogue/ DESTINATION ${CMAKE_INSTALL_DATADIR}/rnnbench/catalogue
        FILES_MATCHING PATTERN "*.ini")

install(EXPORT rnnbench NAMESPACE rnnbench:: FILE rnnbenchTargets.cmake DESTINATION ${rnnbench_folder})
configure_package_config_file(cmake/rnnbenchConfig.cmake.in ${CMAKE_BINARY_DIR}/rnnbenchConfig.cmake
                              INSTALL_DESTINATION ${rnnbench_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/rnnbenchConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/rnnbenchConfig.cmake ${CMAKE_BINARY_DIR}/rnnbenchConfigVersion.cmake
        DESTINATION ${rnnbench_folder})

# What the program prints about itself, in the folders where Debian's shells and man look.
find_program(GZIP gzip REQUIRED)
set(printed ${CMAKE_BINARY_DIR}/share)
file(MAKE_DIRECTORY ${printed})
file(GLOB catalogue_files CONFIGURE_DEPENDS experiments/catalogue/*.ini)
add_custom_command(OUTPUT ${printed}/rnnbench.1.gz ${printed}/rnnbench ${printed}/_rnnbench
                   COMMAND rnnbench man > ${printed}/rnnbench.1
                   COMMAND ${GZIP} -9nf ${printed}/rnnbench.1
                   COMMAND rnnbench completion bash > ${printed}/rnnbench
                   COMMAND rnnbench completion zsh > ${printed}/_rnnbench
                   DEPENDS rnnbench ${catalogue_files} COMMENT "Writing the manual page and completions" VERBATIM)
add_custom_target(rnnbench_share ALL DEPENDS ${printed}/rnnbench.1.gz)
install(FILES ${printed}/rnnbench.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${printed}/rnnbench DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${printed}/_rnnbench DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

install(FILES README.md CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
