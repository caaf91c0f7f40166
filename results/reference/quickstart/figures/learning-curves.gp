# The main comparison: learning curves
# Redraw with: gnuplot -e "format='svg'" learning-curves.gp  (svg, pdf or png)
if (!exists('format')) format = 'svg'
if (format eq 'svg') set terminal svg size 1012,481 fixed noenhanced font 'sans-serif,12' background '#ffffff'
if (format eq 'pdf') set terminal pdfcairo size 1012/96.0,481/96.0 noenhanced font 'sans-serif,12' fontscale 0.5625 background '#ffffff'
if (format eq 'png') set terminal pngcairo size 2*1012,2*481 noenhanced font 'sans-serif,12' fontscale 1.5 linewidth 2 pointscale 2 background '#ffffff'
bold = format eq 'svg' ? 'sans-serif" font-weight="bold' : 'sans-serif:Bold'
set encoding utf8
set output './learning-curves.'.format
data = './learning-curves.dat'
font_title = bold.',15'
font_heading = bold.',12.5'
font_label = ',10.5'
font_tic = ',10'
font_note = ',9.5'
model(n) = format eq 'svg' ? 'sans-serif" data-model="'.n : 'sans-serif'
set multiplot
unset key; set tics out nomirror scale 0.5 font font_tic textcolor rgb '#555555'
set grid xtics ytics linetype 1 linecolor rgb '#e8e8e8' linewidth 0.6
set label 'The main comparison: learning curves' at screen 0.01383,0.95842 left font font_title
unset border; set xrange [0:1012]; set xtics ('' -1)
set yrange [481:0]; set ytics ('' -1)
set label 'rnn' at screen 0.05731,0.90021 left font model(0).''
set label 'lstm' at screen 0.13646,0.90021 left font model(1).''
set label 'lstm + additive attention' at screen 0.22223,0.90021 left font model(2).''
set label 'gru' at screen 0.44704,0.90021 left font model(3).''
set label 'gru + additive attention' at screen 0.52619,0.90021 left font model(4).''
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0; 
plot data index 0 using 1:2:3:(0) with vectors nohead dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 0 using ($1+$3/2):2 with points pointtype 9 pointsize 0.8 linecolor rgb '#000000', \
     data index 1 using 1:2:3:(0) with vectors nohead dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 1 using ($1+$3/2):2 with points pointtype 7 pointsize 0.8 linecolor rgb '#0072b2', \
     data index 2 using 1:2:3:(0) with vectors nohead dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 2 using ($1+$3/2):2 with points pointtype 6 pointsize 0.8 linecolor rgb '#56b4e9', \
     data index 3 using 1:2:3:(0) with vectors nohead dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 3 using ($1+$3/2):2 with points pointtype 5 pointsize 0.8 linecolor rgb '#d55e00', \
     data index 4 using 1:2:3:(0) with vectors nohead dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00', \
     data index 4 using ($1+$3/2):2 with points pointtype 4 pointsize 0.8 linecolor rgb '#e69f00'
unset label; unset arrow

set border 3 linecolor rgb '#888888'
set label 'Median over seeds (n = 5); the band spans all seeds. After a run has stopped, its last value counts. Baseline: the loss of a model without memory. Points below: the' at screen 0.01383,0.05821 left font font_label textcolor rgb '#555555'
set label 'update at which each run solved the task. Crosses below: the end of training without success. To the right: number of solved runs.' at screen 0.01383,0.02495 left font font_label textcolor rgb '#555555'
# copy
set label 'copy' at screen 0.01779,0.84615 left font font_heading
set label 'validation loss' at screen 0.01779,0.80873 left font font_label textcolor rgb '#555555'
set label '' at screen 0.17787,0.27235 center font font_label textcolor rgb '#555555'
set arrow from graph 0, first 0.5198603854199589 to graph 1, first 0.5198603854199589 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'baseline' at graph 1.02, first 0.5198603854199589 left font font_note textcolor rgb '#444444'
unset logscale x; set xrange [9.99999:5000.004999999999]; set logscale x; set xtics ('' 10, '' 100, '' 1000)
unset logscale y; set yrange [0.000999999:10.00001]; set logscale y; set ytics ('10⁻³' 0.001, '0.01' 0.01, '0.1' 0.1, '1' 1, '10' 10)
set lmargin at screen 0.06126; set rmargin at screen 0.29447; set tmargin at screen 0.76091; set bmargin at screen 0.34511; 
plot data index 5 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#000000', \
     data index 6 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#0072b2', \
     data index 7 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#56b4e9', \
     data index 8 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#d55e00', \
     data index 9 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#e69f00', \
     data index 5 using 1:2 with lines dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 6 using 1:2 with lines dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 7 using 1:2 with lines dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 8 using 1:2 with lines dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 9 using 1:2 with lines dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00'
unset label; unset arrow

unset logscale x; set xrange [9.99999:5000.004999999999]; set logscale x; set xtics ('10' 10, '100' 100, '1000' 1000)
unset logscale y; set yrange [5:0]; set ytics ('' -1)
set label 'solved' at screen 0.05336,0.25364 right font font_tic textcolor rgb '#555555'
set label 'updates' at screen 0.17787,0.1185 center font font_label textcolor rgb '#555555'
set label '0/5' at screen 0.30435,0.30353 left font model(0).font_tic textcolor rgb '#333333'
set label '0/5' at screen 0.30435,0.27859 left font model(1).font_tic textcolor rgb '#333333'
set label '5/5' at screen 0.30435,0.25364 left font model(2).font_tic textcolor rgb '#333333'
set label '0/5' at screen 0.30435,0.22869 left font model(3).font_tic textcolor rgb '#333333'
set label '5/5' at screen 0.30435,0.20374 left font model(4).font_tic textcolor rgb '#333333'
set lmargin at screen 0.06126; set rmargin at screen 0.29447; set tmargin at screen 0.31601; set bmargin at screen 0.19127; 
plot NaN, \
     data index 10 using 1:2:(sprintf('rnn, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#000000', \
     data index 11 using 1:2:(sprintf('lstm, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#0072b2', \
     data index 12 using 1:2:(sprintf('lstm + additive attention, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 6 pointsize 0.65 linecolor rgb '#56b4e9', \
     data index 13 using 1:2:(sprintf('gru, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#d55e00', \
     data index 14 using 1:2:(sprintf('gru + additive attention, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 4 pointsize 0.65 linecolor rgb '#e69f00'
unset label; unset arrow

# adding
set label 'adding' at screen 0.34387,0.84615 left font font_heading
set label 'validation loss' at screen 0.34387,0.80873 left font font_label textcolor rgb '#555555'
set label '' at screen 0.50395,0.27235 center font font_label textcolor rgb '#555555'
set arrow from graph 0, first 0.16666666666666666 to graph 1, first 0.16666666666666666 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'baseline' at graph 1.02, first 0.16666666666666666 left font font_note textcolor rgb '#444444'
unset logscale x; set xrange [9.99999:4000.0039999999995]; set logscale x; set xtics ('' 10, '' 100, '' 1000)
unset logscale y; set yrange [0.000999999:1.000001]; set logscale y; set ytics ('10⁻³' 0.001, '0.01' 0.01, '0.1' 0.1, '1' 1)
set lmargin at screen 0.38735; set rmargin at screen 0.62055; set tmargin at screen 0.76091; set bmargin at screen 0.34511; 
plot data index 15 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#000000', \
     data index 16 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#0072b2', \
     data index 17 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#56b4e9', \
     data index 18 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#d55e00', \
     data index 19 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#e69f00', \
     data index 15 using 1:2 with lines dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 16 using 1:2 with lines dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 17 using 1:2 with lines dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 18 using 1:2 with lines dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 19 using 1:2 with lines dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00'
unset label; unset arrow

unset logscale x; set xrange [9.99999:4000.0039999999995]; set logscale x; set xtics ('10' 10, '100' 100, '1000' 1000)
unset logscale y; set yrange [5:0]; set ytics ('' -1)
set label 'solved' at screen 0.37945,0.25364 right font font_tic textcolor rgb '#555555'
set label 'updates' at screen 0.50395,0.1185 center font font_label textcolor rgb '#555555'
set label '0/5' at screen 0.63043,0.30353 left font model(0).font_tic textcolor rgb '#333333'
set label '5/5' at screen 0.63043,0.27859 left font model(1).font_tic textcolor rgb '#333333'
set label '5/5' at screen 0.63043,0.25364 left font model(2).font_tic textcolor rgb '#333333'
set label '5/5' at screen 0.63043,0.22869 left font model(3).font_tic textcolor rgb '#333333'
set label '5/5' at screen 0.63043,0.20374 left font model(4).font_tic textcolor rgb '#333333'
set lmargin at screen 0.38735; set rmargin at screen 0.62055; set tmargin at screen 0.31601; set bmargin at screen 0.19127; 
plot NaN, \
     data index 20 using 1:2:(sprintf('rnn, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#000000', \
     data index 21 using 1:2:(sprintf('lstm, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 7 pointsize 0.65 linecolor rgb '#0072b2', \
     data index 22 using 1:2:(sprintf('lstm + additive attention, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 6 pointsize 0.65 linecolor rgb '#56b4e9', \
     data index 23 using 1:2:(sprintf('gru, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 5 pointsize 0.65 linecolor rgb '#d55e00', \
     data index 24 using 1:2:(sprintf('gru + additive attention, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 4 pointsize 0.65 linecolor rgb '#e69f00'
unset label; unset arrow

# counting
set label 'counting' at screen 0.66996,0.84615 left font font_heading
set label 'validation loss above the optimum' at screen 0.66996,0.80873 left font font_label textcolor rgb '#555555'
set label '' at screen 0.83004,0.27235 center font font_label textcolor rgb '#555555'
set arrow from graph 0, first 0.08703067874945908 to graph 1, first 0.08703067874945908 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'baseline' at graph 1.02, first 0.08703067874945908 left font font_note textcolor rgb '#444444'
unset logscale x; set xrange [9.99999:2000.0019999999997]; set logscale x; set xtics ('' 10, '' 100, '' 1000)
unset logscale y; set yrange [9.99999e-05:1.000001]; set logscale y; set ytics ('10⁻⁴' 1e-04, '10⁻³' 0.001, '0.01' 0.01, '0.1' 0.1, '1' 1)
set lmargin at screen 0.71344; set rmargin at screen 0.94664; set tmargin at screen 0.76091; set bmargin at screen 0.34511; 
plot data index 25 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#000000', \
     data index 26 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#0072b2', \
     data index 27 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#56b4e9', \
     data index 28 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#d55e00', \
     data index 29 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#e69f00', \
     data index 25 using 1:2 with lines dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 26 using 1:2 with lines dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 27 using 1:2 with lines dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 28 using 1:2 with lines dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 29 using 1:2 with lines dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00'
unset label; unset arrow

unset logscale x; set xrange [9.99999:2000.0019999999997]; set logscale x; set xtics ('10' 10, '100' 100, '1000' 1000)
unset logscale y; set yrange [5:0]; set ytics ('' -1)
set label 'solved' at screen 0.70553,0.25364 right font font_tic textcolor rgb '#555555'
set label 'updates' at screen 0.83004,0.1185 center font font_label textcolor rgb '#555555'
set label '0/5' at screen 0.95652,0.30353 left font model(0).font_tic textcolor rgb '#333333'
set label '2/5' at screen 0.95652,0.27859 left font model(1).font_tic textcolor rgb '#333333'
set label '1/5' at screen 0.95652,0.25364 left font model(2).font_tic textcolor rgb '#333333'
set label '0/5' at screen 0.95652,0.22869 left font model(3).font_tic textcolor rgb '#333333'
set label '0/5' at screen 0.95652,0.20374 left font model(4).font_tic textcolor rgb '#333333'
set lmargin at screen 0.71344; set rmargin at screen 0.94664; set tmargin at screen 0.31601; set bmargin at screen 0.19127; 
plot NaN, \
     data index 30 using 1:2:(sprintf('rnn, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#000000', \
     data index 31 using 1:2:(sprintf('lstm, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#0072b2', \
     data index 32 using 1:2:(sprintf('lstm, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 7 pointsize 0.65 linecolor rgb '#0072b2', \
     data index 33 using 1:2:(sprintf('lstm + additive attention, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#56b4e9', \
     data index 34 using 1:2:(sprintf('lstm + additive attention, seed %.0f: solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 6 pointsize 0.65 linecolor rgb '#56b4e9', \
     data index 35 using 1:2:(sprintf('gru, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#d55e00', \
     data index 36 using 1:2:(sprintf('gru + additive attention, seed %.0f: not solved after %.0f updates', $3, $4)) with labels hypertext point pointtype 2 pointsize 0.65 linecolor rgb '#e69f00'
unset label; unset arrow

unset multiplot
unset output
# hash of the lines above: 47631f88abe4fe7b
