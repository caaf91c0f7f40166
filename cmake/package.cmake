# cpack in the folder of a build: a Debian package, and in a clone an archive of the files of the commit.
set(maintainer "The rnnbench authors <rnnbench@users.noreply.invalid>")
set(CPACK_PACKAGE_NAME rnnbench)
set(CPACK_PACKAGE_CONTACT "${maintainer}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "reproducible benchmark of recurrent neural networks")
set(CPACK_PACKAGE_DESCRIPTION
    "rnnbench trains recurrent networks (vanilla RNN, LSTM, GRU, their variants,
attention, Transformer) on tasks with long dependencies, on CPUs. All models
see the same data and get the same search for settings, differences have
confidence intervals, and repeated runs give the same numbers to the last bit.
.
The package contains the program, its catalogue of experiments, and the
libraries and headers of the CMake package rnnbench, with which a program with
tasks of one's own is built.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Without gnuplot and its fonts everything works but figures.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox | gnuplot, fonts-dejavu-core")
# To build a program on the CMake package.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS
    "g++, cmake, make, libboost-program-options-dev, nlohmann-json3-dev, libbenchmark-dev, zlib1g-dev")

# Debian's changelog gets its date from the latest entry of ours.
file(STRINGS CHANGELOG.md releases REGEX "^## [0-9.]+ - [0-9-]+$")
list(GET releases 0 release)
string(REGEX REPLACE ".* - " "" release_date "${release}")
execute_process(COMMAND date --utc --rfc-email --date=${release_date} OUTPUT_VARIABLE release_date
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
configure_file(cmake/debian-changelog.in ${CMAKE_BINARY_DIR}/debian/changelog.Debian @ONLY)
configure_file(CHANGELOG.md ${CMAKE_BINARY_DIR}/debian/changelog COPYONLY)
execute_process(COMMAND ${GZIP} -9nf changelog.Debian changelog WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/debian
                COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${CMAKE_BINARY_DIR}/debian/changelog.Debian.gz ${CMAKE_BINARY_DIR}/debian/changelog.gz
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT debian EXCLUDE_FROM_ALL)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};rnnbench;ALL;/" "${CMAKE_BINARY_DIR};rnnbench;debian;/")

set(CPACK_GENERATOR DEB)
if(EXISTS ${CMAKE_SOURCE_DIR}/.git)
  list(APPEND CPACK_GENERATOR External)
  set(CPACK_SOURCE_GENERATOR External)
  set(CPACK_EXTERNAL_PACKAGE_SCRIPT ${CMAKE_SOURCE_DIR}/cmake/source_archive.cmake)
  set(CPACK_RNNBENCH_SOURCE ${CMAKE_SOURCE_DIR})
endif()
include(CPack)
